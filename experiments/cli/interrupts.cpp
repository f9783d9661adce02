#include "experiments/cli/interrupts.hpp"

#include <pthread.h>

#include <ctime>

namespace stampede::cli {

Interrupts::Interrupts() {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGINT);
  ::sigaddset(&signals_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  waiter_ = std::jthread([this](const std::stop_token& end) { wait(end); });
}

Interrupts::~Interrupts() {
  waiter_.request_stop();
  waiter_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupts::wait(const std::stop_token& end) {
  const timespec tick{.tv_sec = 0, .tv_nsec = 50'000'000};
  while (!end.stop_requested()) {
    const int signal = ::sigtimedwait(&signals_, nullptr, &tick);
    if (signal < 0) continue;
    if (source_.request_stop()) continue;
    ::signal(signal, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    ::raise(signal);
  }
}

}  // namespace stampede::cli
