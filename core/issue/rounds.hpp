// Does the same again and again on a thread of its own: every interval, and sooner when it is
// woken. Safe for concurrent use; what the round uses outlives it.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "core/api/transport.hpp"

namespace stampede::issue {

class Rounds {
 public:
  Rounds(std::function<void()> round, std::chrono::nanoseconds interval)
      : round_(std::move(round)), interval_(interval) {}
  ~Rounds() { stop(); }
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;

  void start();
  void stop();  // Idempotent.
  void wake();  // Somebody found that there is something to do.

  // For the round itself, which waits for something: false when it is to stop.
  bool pause(std::chrono::nanoseconds most);

 private:
  const std::function<void()> round_;
  const std::chrono::nanoseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

// How many events the service is behind on.
std::int64_t lag_of(const TransportStats& stats, std::string_view service);

// Returns when the service has handled all that was published before the call: lags are measured
// after they were asked for. kTimeout at the deadline, kUnavailable when the rounds stop.
Result<void> wait_for_service(const Transport& transport, std::string_view service, Rounds& rounds,
                              Deadline deadline);

}  // namespace stampede::issue
