#include "core/issue/rounds.hpp"

namespace stampede::issue {

void Rounds::start() {
  thread_ = std::thread([this] {
    bool goes_on = true;
    while (goes_on) {
      round_();
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, interval_, [this] { return stopping_ || woken_; });
      woken_ = false;
      goes_on = !stopping_;
    }
  });
}

void Rounds::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Rounds::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

bool Rounds::pause(std::chrono::nanoseconds most) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, most, [this] { return stopping_; });
}

std::int64_t lag_of(const TransportStats& stats, std::string_view service) {
  std::int64_t events = 0;
  for (const auto& lag : stats.lags) {
    if (lag.service == service) events += lag.events;
  }
  return events;
}

Result<void> wait_for_service(const Transport& transport, std::string_view service, Rounds& rounds,
                              Deadline deadline) {
  constexpr std::chrono::milliseconds kPause{50};
  while (lag_of(transport.stats(), service) > 0) {
    if (Clock::now() >= deadline) {
      return fail(ErrorCode::kTimeout, "the consumer is behind; the gate stays closed");
    }
    if (!rounds.pause(kPause)) return fail(ErrorCode::kUnavailable, "the server stops");
  }
  return {};
}

}  // namespace stampede::issue
