// A TCP proxy on the loopback that can be made to misbehave: what stands between a server under
// test and the PostgreSQL or Redis that it uses. It forwards bytes as they come until it is told
// otherwise. One thread of its own; all members are safe to call from any thread.

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/api/result.hpp"

namespace stampede::environment {

class FaultProxy {
 public:
  // Listens on a free port and forwards to 127.0.0.1:`target_port`. kUnavailable when it cannot.
  static Result<FaultProxy> start(int target_port);

  FaultProxy(FaultProxy&&) noexcept;
  FaultProxy& operator=(FaultProxy&&) noexcept;
  ~FaultProxy();  // Closes every connection.

  int port() const;

  // Each piece that a client sends waits this long before it is passed on: a command and its
  // parameters travel as one piece, as do those that are pipelined. 0 ends it.
  void slow(std::chrono::nanoseconds delay);

  // Passes nothing on, in either direction, and loses nothing: it goes on when joined.
  void partition();
  void join();

  // Resets every connection, and each new one at once until accept_again().
  void reset();
  void accept_again();

 private:
  struct State;
  explicit FaultProxy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stampede::environment
