// Five services on real memory stores and a real lock strategy, a clock that tests set, and a
// transport that delivers what the test picks, when it picks it. Nothing runs in the background.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/catalog.hpp"
#include "core/saga/services.hpp"
#include "tests/core/pipeline/sale.hpp"

namespace stampede::saga::testing {

using pipeline::testing::CountedIds;
using pipeline::testing::item;
using pipeline::testing::ScriptedPayments;
using pipeline::testing::SetClock;

// Keeps every event for every service that wants it, until the test delivers it.
class HandTransport final : public Transport {
 public:
  struct Letter {
    std::string service;
    const BatchHandler* handler;
    Event event;
  };

  bool synchronous() const override { return false; }
  Result<void> subscribe(std::string_view topic, std::string_view service,
                         BatchHandler handler) override {
    subscriptions_.push_back({std::string(topic), std::string(service), std::move(handler)});
    return {};
  }
  Result<void> start() override { return {}; }
  Result<void> publish(std::span<const Event> events, Deadline) override {
    const std::lock_guard lock(mutex_);
    if (failures_ > 0) {
      --failures_;
      return fail(ErrorCode::kUnavailable, "the broker is away");
    }
    for (const auto& event : events) {
      published_.push_back(event);
      for (const auto& subscription : subscriptions_) {
        if (subscription.topic != event.topic) continue;
        letters_.push_back({subscription.service, &subscription.handler, event});
      }
    }
    return {};
  }
  void stop() noexcept override {}
  TransportStats stats() const override { return {}; }

  std::size_t waiting() const { return letters_.size(); }
  const Letter& letter(std::size_t index) const { return letters_.at(index); }
  Letter take(std::size_t index) {
    auto letter = letters_.at(index);
    letters_.erase(letters_.begin() + static_cast<std::ptrdiff_t>(index));
    return letter;
  }
  void fail_publishing(int times) { failures_ = times; }
  std::vector<Event> published(std::string_view topic) const {
    std::vector<Event> found;
    for (const auto& event : published_) {
      if (event.topic == topic) found.push_back(event);
    }
    return found;
  }

 private:
  struct Subscription {
    std::string topic;
    std::string service;
    BatchHandler handler;
  };
  std::mutex mutex_;
  std::deque<Subscription> subscriptions_;
  std::deque<Letter> letters_;
  std::vector<Event> published_;
  int failures_ = 0;
};

inline Result<void> deliver(const HandTransport::Letter& letter) {
  return (*letter.handler)({&letter.event, 1}, Clock::now() + std::chrono::seconds(30));
}

inline std::unique_ptr<telemetry::Log> silent_log() {
  telemetry::LogOptions options;
  options.level = telemetry::LogLevel::kOff;
  return std::move(*telemetry::Log::open(options));
}

// The stores of a world, seeded alike. They may outlive it, as a database outlives a process.
struct Stores {
  // What a store is put into, if anything.
  using Wrap = std::function<std::unique_ptr<Store>(Area, std::unique_ptr<Store>)>;

  explicit Stores(const Wrap& wrap = {}) {
    for (std::size_t i = 0; i < kAreaCount; ++i) {
      auto store = std::move(*catalog.create<Store>("memory"));
      EXPECT_TRUE(store->seed(pipeline::testing::small_seed()));
      all[i] = wrap ? wrap(static_cast<Area>(i), std::move(store)) : std::move(store);
    }
  }
  Store& operator[](Area area) { return *all.at(static_cast<std::size_t>(area)); }
  std::unique_ptr<ReadView> view(Area area) {
    return std::move(*(*this)[area].read_view(Clock::now() + std::chrono::seconds(30)));
  }

  plugin::Catalog catalog{{STAMPEDE_PLUGIN_DIR}};
  std::array<std::unique_ptr<Store>, kAreaCount> all;
};

inline SagaOptions quick_options() {
  SagaOptions options;
  options.timeout = std::chrono::microseconds(1'000);  // Of the clock that tests set.
  return options;
}

template <typename AnyTransport>
class WorldOn {
 public:
  explicit WorldOn(std::unique_ptr<AnyTransport> with, const SagaOptions& options = quick_options(),
                   const std::string& lock = "per_user", const Stores::Wrap& wrap = {})
      : stores(wrap),
        locks_(make_locks(stores, lock)),
        transport(std::move(with)),
        services({.backings = {backing(0), backing(1), backing(2), backing(3), backing(4)},
                  .transport = *transport,
                  .payments = payments_,
                  .clock = clock,
                  .ids = ids_,
                  .log = *log_,
                  .options = options}) {
    EXPECT_TRUE(services.connect());
  }

  Context context() {
    static thread_local Phases phases;
    phases = {};
    return {Clock::now() + std::chrono::seconds(30), phases};
  }
  Result<pipeline::Reply<Order>> order_now(const pipeline::PlaceOrder& request) {
    auto given = context();
    return services.place_order(request, given);
  }

  std::int64_t stock(std::int64_t product) {
    return (*stores.view(Area::kProduct)->product(ProductId{product}))->stock;
  }
  std::int64_t balance(std::int64_t user) {
    return (*stores.view(Area::kUser)->wallet(UserId{user}))->balance.minor;
  }
  std::vector<UserCoupon> coupons(std::int64_t user, Area area = Area::kUserCoupon) {
    return *stores.view(area)->coupons_of(UserId{user});
  }
  std::vector<Order> orders() { return stores.view(Area::kOrder)->orders({}, {0, 1'000})->items; }

 private:
  using Locks = std::array<std::unique_ptr<LockStrategy>, kAreaCount>;
  static Locks make_locks(Stores& stores, const std::string& name) {
    Locks locks;
    for (auto& made : locks) made = std::move(*stores.catalog.create<LockStrategy>(name));
    return locks;
  }
  Services::Backing backing(std::size_t index) {
    return {*stores.all.at(index), *locks_.at(index)};
  }

 public:
  Stores stores;

 private:
  Locks locks_;
  ScriptedPayments payments_;
  CountedIds ids_;
  std::unique_ptr<telemetry::Log> log_ = silent_log();

 public:
  SetClock clock;
  const std::unique_ptr<AnyTransport> transport;
  Services services;
};

class World : public WorldOn<HandTransport> {
 public:
  explicit World(const SagaOptions& options = quick_options(), const std::string& lock = "per_user",
                 const Stores::Wrap& wrap = {})
      : WorldOn(std::make_unique<HandTransport>(), options, lock, wrap) {}

  // What was committed goes to the transport.
  void relay() { ASSERT_TRUE(services.relay_once()); }

  // Places the order; whoever asked waits for the transport meanwhile, which is us.
  Result<pipeline::Reply<Order>> order(const pipeline::PlaceOrder& request) {
    auto placed = std::async(std::launch::async, [&] { return order_now(request); });
    while (placed.wait_for(std::chrono::milliseconds(0)) != std::future_status::ready) relay();
    return placed.get();
  }

  void deliver_at(std::size_t index, int times = 1) {
    const auto letter = transport->take(index);
    for (int i = 0; i < times; ++i) ASSERT_TRUE(deliver(letter)) << letter.event.topic;
    delivered.push_back(letter);
    relay();
  }
  void deliver_all() {
    while (transport->waiting() > 0) deliver_at(0);
  }
  void stand_still() {
    clock.set(clock.now().time_since_epoch().count() + 2'000);
    ASSERT_TRUE(services.sweep());
    relay();
  }

  std::vector<HandTransport::Letter> delivered;
};

}  // namespace stampede::saga::testing
