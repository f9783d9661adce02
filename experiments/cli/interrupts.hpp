// Ctrl-C and SIGTERM as a stop_token: the first one asks for a clean end, the second one ends the
// process at once (its servers die with it). One at a time in a process, made before other threads
// start so that they all leave these signals to it.

#pragma once

#include <signal.h>

#include <stop_token>
#include <thread>

namespace stampede::cli {

class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void wait(const std::stop_token& end);

  sigset_t signals_{};
  sigset_t before_{};
  std::stop_source source_;
  std::jthread waiter_;
};

}  // namespace stampede::cli
