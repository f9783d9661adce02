// Delivers within the process, on the thread that publishes: the handlers of an event have run when
// publish() returns. What a transport costs at the least.
//
// Safe for concurrent use; publishers do not wait for each other. A handler may publish.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/api/transport.hpp"
#include "core/plugin/export.hpp"

namespace {

using stampede::Deadline;
using stampede::ErrorCode;
using stampede::Event;
using stampede::Result;

class Inline final : public stampede::Transport {
 public:
  explicit Inline(const stampede::PluginConfig&) {}
  ~Inline() override { stop(); }

  bool synchronous() const override { return true; }

  Result<void> subscribe(std::string_view topic, std::string_view service,
                         stampede::BatchHandler handler) override {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kIdle) {
      return stampede::fail(ErrorCode::kInvalid, "subscriptions are made before the start");
    }
    subscriptions_.push_back({std::string(topic), std::string(service), std::move(handler)});
    return {};
  }

  Result<void> start() override {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kIdle) state_ = State::kRunning;
    return {};
  }

  Result<void> publish(std::span<const Event> events, Deadline deadline) override {
    const Delivery delivery(*this);
    if (!delivery.admitted()) {
      return stampede::fail(ErrorCode::kUnavailable, "the transport is not running");
    }
    if (stampede::Clock::now() >= deadline) {
      return stampede::fail(ErrorCode::kTimeout, "the deadline passed before the delivery");
    }
    // Events of one topic that follow each other are handed over together.
    for (auto rest = events; !rest.empty();) {
      const auto other = std::ranges::find_if(
          rest, [&](const Event& event) { return event.topic != rest.front().topic; });
      const auto same = rest.first(static_cast<std::size_t>(other - rest.begin()));
      if (auto handled = deliver(same, deadline); !handled) return handled;
      published_ += static_cast<std::int64_t>(same.size());
      rest = rest.subspan(same.size());
    }
    return {};
  }

  void stop() noexcept override {
    std::unique_lock lock(mutex_);
    state_ = State::kStopped;
    quiet_.wait(lock, [this] { return deliveries_ == 0; });
  }

  stampede::TransportStats stats() const override {
    return {.published = published_, .delivered = delivered_, .lags = {}, .gauges = {}};
  }

 private:
  enum class State : std::uint8_t { kIdle, kRunning, kStopped };
  struct Subscription {
    std::string topic;
    std::string service;
    stampede::BatchHandler handler;
  };

  // Counts a call of publish(), so that stop() can wait for it.
  class Delivery {
   public:
    explicit Delivery(Inline& transport) : transport_(transport) {
      const std::lock_guard lock(transport.mutex_);
      admitted_ = transport.state_ == State::kRunning;
      ++transport.deliveries_;
    }
    ~Delivery() {
      const std::lock_guard lock(transport_.mutex_);
      if (--transport_.deliveries_ == 0) transport_.quiet_.notify_all();
    }
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    bool admitted() const { return admitted_; }

   private:
    Inline& transport_;
    bool admitted_ = false;
  };

  Result<void> deliver(std::span<const Event> events, Deadline deadline) {
    for (const auto& subscription : subscriptions_) {
      if (subscription.topic != events.front().topic) continue;
      if (auto handled = subscription.handler(events, deadline); !handled) return handled;
      delivered_ += static_cast<std::int64_t>(events.size());
    }
    return {};
  }

  std::mutex mutex_;
  std::condition_variable quiet_;
  State state_ = State::kIdle;
  std::int64_t deliveries_ = 0;
  std::vector<Subscription> subscriptions_;  // Not changed once running.
  std::atomic<std::int64_t> published_{0};
  std::atomic<std::int64_t> delivered_{0};
};

}  // namespace

STAMPEDE_PLUGIN(Inline, stampede::Transport, "inline",
                "Within the process, on the thread that publishes", stampede::plugin::kNoOptions)
