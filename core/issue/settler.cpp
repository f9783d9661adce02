#include "core/issue/settler.hpp"

#include <chrono>
#include <iterator>
#include <utility>

namespace stampede::issue {

namespace {

constexpr std::chrono::seconds kPatience{5};

}  // namespace

void Settler::start() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(running_, true)) return;
  thread_ = std::thread([this] { run(); });
}

void Settler::stop() {
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> Settler::settle(std::vector<SettledClaim> claims, Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (running_) {
      waiting_.insert(waiting_.end(), std::make_move_iterator(claims.begin()),
                      std::make_move_iterator(claims.end()));
      changed_.notify_one();
      return {};
    }
  }
  return gate_.settle(claims, deadline);
}

void Settler::run() {
  for (;;) {
    std::vector<SettledClaim> claims;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !running_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::swap(claims, waiting_);
    }
    if (const auto settled = gate_.settle(claims, Clock::now() + kPatience); !settled) {
      log_.event(telemetry::LogLevel::kWarn, "settle_failed",
                 {{"code", to_string(settled.error().code)},
                  {"message", settled.error().message},
                  {"claims", static_cast<std::int64_t>(claims.size())}});
    }
  }
}

}  // namespace stampede::issue
