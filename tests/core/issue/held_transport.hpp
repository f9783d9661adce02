// A transport that a test holds in its hands: what is published stays until it is delivered, one
// batch after the other, as often as the test likes. Safe for concurrent use.

#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/transport.hpp"

namespace stampede::issue::testing {

class HeldTransport final : public Transport {
 public:
  explicit HeldTransport(bool is_synchronous = false) : synchronous_(is_synchronous) {}

  bool synchronous() const override { return synchronous_; }
  Result<void> subscribe(std::string_view topic, std::string_view service,
                         BatchHandler handler) override {
    topic_ = topic;
    service_ = service;
    handler_ = std::move(handler);
    return {};
  }
  Result<void> start() override { return {}; }
  void stop() noexcept override {}

  Result<void> publish(std::span<const Event> events, Deadline deadline) override {
    {
      const std::lock_guard lock(mutex_);
      if (fault_) return Unexpected(*std::exchange(fault_, std::nullopt));
    }
    if (synchronous_) return handler_(events, deadline);
    const std::lock_guard lock(mutex_);
    for (const auto& event : events) (event.topic == topic_ ? held_ : other_).push_back(event);
    return {};
  }

  TransportStats stats() const override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    TransportStats stats;
    stats.lags = {{service_, topic_, static_cast<std::int64_t>(held_.size())}};
    return stats;
  }

  // What publish() answers once, taking nothing.
  void fail_next(Error error) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(error);
  }

  // Everything that is held, as one batch. What cannot be handled is held again.
  Result<void> deliver() {
    std::vector<Event> events;
    {
      const std::lock_guard lock(mutex_);
      events = {held_.begin(), held_.end()};
    }
    auto handled = handler_(events, Clock::now() + std::chrono::seconds(30));
    const std::lock_guard lock(mutex_);
    if (handled) held_.erase(held_.begin(), held_.begin() + std::ssize(events));
    return handled;
  }
  Result<void> deliver(const Event& event) {
    return handler_({&event, 1}, Clock::now() + std::chrono::seconds(30));
  }

  std::vector<Event> held() const {
    const std::lock_guard lock(mutex_);
    return {held_.begin(), held_.end()};
  }
  std::vector<Event> of_other_topics() const {
    const std::lock_guard lock(mutex_);
    return other_;
  }
  void drop() {
    const std::lock_guard lock(mutex_);
    held_.clear();
  }
  int asked() const { return asked_; }  // How often for its statistics.

 private:
  const bool synchronous_;
  std::string topic_;
  std::string service_;
  BatchHandler handler_;
  mutable std::mutex mutex_;
  mutable std::atomic<int> asked_ = 0;
  std::vector<Event> held_;
  std::vector<Event> other_;
  std::optional<Error> fault_;
};

}  // namespace stampede::issue::testing
