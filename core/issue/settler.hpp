// Tells the gate of what was issued, so that nobody who waits for a coupon waits for that too: what
// came while the gate was told of others goes to it together. What is not settled, because the
// process ended or the gate did not answer, stays pending there, and the caretaker sees to it.
//
// Safe for concurrent use. What is passed in outlives it.

#pragma once

#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/api/gate.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::issue {

class Settler {
 public:
  Settler(Gate& gate, telemetry::Log& log) : gate_(gate), log_(log) {}
  ~Settler() { stop(); }
  Settler(const Settler&) = delete;
  Settler& operator=(const Settler&) = delete;

  // Until then, and after stop(), claims are settled before settle() returns.
  void start();
  // Settles what is waiting. Idempotent.
  void stop();

  Result<void> settle(std::vector<SettledClaim> claims, Deadline deadline);

 private:
  void run();

  Gate& gate_;
  telemetry::Log& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SettledClaim> waiting_;
  bool running_ = false;
  std::thread thread_;
};

}  // namespace stampede::issue
