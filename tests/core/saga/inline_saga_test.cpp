// The services on a synchronous transport: a request ends with its saga. And many at a time.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/core/saga/world.hpp"

namespace stampede::saga {
namespace {

using testing::item;
using testing::WorldOn;

constexpr std::int64_t kBalance = 10'000;
constexpr std::int64_t kStock = 10;

pipeline::PlaceOrder order_of(std::int64_t user, std::vector<pipeline::ItemRequest> items,
                              const std::string& key = {}) {
  return {UserId{user}, std::move(items), std::nullopt, {key, "trace-1"}};
}

// The inline plugin, which can be told not to take what is published.
class Flaky final : public Transport {
 public:
  Flaky() {
    plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
    inner_ = std::move(*catalog.create<Transport>("inline"));
  }
  bool synchronous() const override { return true; }
  Result<void> subscribe(std::string_view topic, std::string_view service,
                         BatchHandler handler) override {
    return inner_->subscribe(topic, service, std::move(handler));
  }
  Result<void> start() override { return inner_->start(); }
  Result<void> publish(std::span<const Event> events, Deadline deadline) override {
    if (away && events.front().topic == *away) {
      return fail(ErrorCode::kUnavailable, "the next service is away");
    }
    return inner_->publish(events, deadline);
  }
  void stop() noexcept override { inner_->stop(); }
  TransportStats stats() const override { return inner_->stats(); }

  std::optional<std::string_view> away;  // A topic.

 private:
  std::unique_ptr<Transport> inner_;
};

class InlineWorld : public WorldOn<Flaky> {
 public:
  explicit InlineWorld(const std::string& lock = "per_user")
      : WorldOn(std::make_unique<Flaky>(), testing::quick_options(), lock) {}
  void relay_all() {
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(services.relay_once());
  }
};

TEST(SynchronousSaga, EndsBeforeTheRequestIsAnswered) {
  InlineWorld world;
  auto request = order_of(1, {item(1, 2)});
  request.coupon = CouponId{1};
  const auto reply = world.order_now(request);
  ASSERT_TRUE(reply && reply->value);
  EXPECT_EQ(reply->value->status, Order::Status::kCompleted);
  EXPECT_EQ(world.balance(1), kBalance - 170);
  EXPECT_EQ(world.stock(1), kStock - 2);
  EXPECT_EQ(world.coupons(1).front().used_by, reply->value->id);
  const auto backlog = world.services.backlog(Clock::now() + std::chrono::seconds(30));
  EXPECT_EQ(backlog->open_sagas, 0);
  EXPECT_GT(backlog->outbox, 0);  // Published, and the relays have not looked yet.
  world.relay_all();
  EXPECT_EQ(world.services.backlog(Clock::now() + std::chrono::seconds(30))->outbox, 0);
  // Nobody published anything twice.
  for (const auto& service : world.services.read(false).services) {
    EXPECT_EQ(service.duplicates, 0) << service.service;
  }
}

TEST(SynchronousSaga, AnswersTheRefusalThatTheOrderFailedWith) {
  InlineWorld world;
  std::vector<pipeline::ItemRequest> dear;
  for (int product = 1; product <= 12; ++product) dear.push_back(item(product, 9));
  const auto reply = world.order_now(order_of(1, dear, "key-1"));
  EXPECT_EQ(reply->refusal, RefusalCode::kInsufficientBalance);
  const auto again = world.order_now(order_of(1, dear, "key-1"));
  EXPECT_EQ(again->refusal, RefusalCode::kInsufficientBalance);
  EXPECT_EQ(world.orders().size(), 1U);
  EXPECT_EQ(world.order_now(order_of(1, {item(1, 11)}))->refusal, RefusalCode::kInsufficientStock);
  EXPECT_EQ(world.order_now(order_of(99, {item(1, 1)}))->refusal, RefusalCode::kUserNotFound);
  EXPECT_EQ(world.order_now(order_of(1, {item(99, 1)}))->refusal, RefusalCode::kProductNotFound);
  EXPECT_EQ(world.order_now(order_of(1, {}))->refusal, RefusalCode::kCartEmpty);
}

TEST(SynchronousSaga, IsFinishedByTheRelayWhereAServiceWasAway) {
  InlineWorld world;
  world.transport->away = topic::kPaymentSuccessful;
  Phases phases;
  Context context{Clock::now() + std::chrono::milliseconds(50), phases};
  const auto reply = world.services.place_order(order_of(1, {item(1, 1)}), context);
  ASSERT_TRUE(reply && reply->value) << reply.error().message;
  EXPECT_EQ(reply->value->status, Order::Status::kPending);
  EXPECT_EQ(world.balance(1), kBalance - 100);
  EXPECT_EQ(world.stock(1), kStock);
  world.transport->away.reset();
  world.relay_all();
  EXPECT_EQ(world.orders().front().status, Order::Status::kCompleted);
  EXPECT_EQ(world.stock(1), kStock - 1);
}

TEST(SynchronousSaga, IsGivenUpAndUndoneWhereAServiceStaysAway) {
  InlineWorld world;
  world.transport->away = topic::kStockDecreased;
  Phases phases;
  Context context{Clock::now() + std::chrono::milliseconds(50), phases};
  ASSERT_TRUE(world.services.place_order(order_of(1, {item(1, 1)}, "key-1"), context));
  EXPECT_EQ(world.stock(1), kStock - 1);
  world.clock.set(10'000);
  EXPECT_EQ(*world.services.sweep(), 1);
  EXPECT_EQ(world.balance(1), kBalance);
  EXPECT_EQ(world.stock(1), kStock);
  world.transport->away.reset();
  world.relay_all();
  EXPECT_EQ(world.orders().front().failure, kSagaTimeout);
  EXPECT_EQ(world.stock(1), kStock);
  const auto again = world.order_now(order_of(1, {item(1, 1)}, "key-1"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->refusal, RefusalCode::kSagaTimeout);
}

// Across processes an answer may be lost, and the call is made again.
TEST(CallsBetweenServices, MayBeRepeated) {
  InlineWorld world;
  const auto desks = world.services.desks();
  auto context = world.context();
  Call call{context, "trace-1"};
  OrderId first;
  first.bytes[15] = 1;
  OrderId second;
  second.bytes[15] = 2;
  const ReserveCoupon kept{first, UserId{1}, CouponId{1}};
  for (int i = 0; i < 2; ++i) {
    const auto reserved = desks.discounts->reserve(kept, call);
    ASSERT_TRUE(reserved) << reserved.error().message;
    EXPECT_EQ(reserved->refusal, RefusalCode::kNone);
    EXPECT_EQ(reserved->discount.value, 30) << "the answer is the same";
    EXPECT_EQ(desks.discounts->reserve({second, UserId{1}, CouponId{1}}, call)->refusal,
              RefusalCode::kCouponNotUsable);
  }
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(desks.discounts->release(kept, call));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(*desks.orders->settle(kept, call), Order::Status::kFailed);
  }
}

class ManySagas : public ::testing::TestWithParam<std::string> {};

TEST_P(ManySagas, SellNothingTwiceAndTakeNoMoneyForNothing) {
  InlineWorld world(GetParam());
  constexpr int kThreads = 4;
  constexpr int kOrders = 10;
  std::atomic<std::int64_t> completed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kOrders; ++i) {
        const auto user = 1 + (thread + i) % 3;
        const auto reply = world.order_now(order_of(user, {item(1, 1), item(2 + i % 2, 1)}));
        if (reply && reply->value && reply->value->status == Order::Status::kCompleted) ++completed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  world.relay_all();
  std::int64_t spent = 0;
  std::int64_t sold = 0;
  for (const auto& order : world.orders()) {
    ASSERT_NE(order.status, Order::Status::kPending);
    if (order.status != Order::Status::kCompleted) continue;
    spent += order.total.minor;
    ++sold;
  }
  EXPECT_EQ(sold, kStock);
  EXPECT_EQ(completed, sold);
  EXPECT_EQ(world.stock(1), 0);
  EXPECT_EQ(world.stock(2) + world.stock(3), 2 * kStock - sold);
  EXPECT_EQ(world.balance(1) + world.balance(2) + world.balance(3), 3 * kBalance - spent);
}

INSTANTIATE_TEST_SUITE_P(EachStrategy, ManySagas,
                         ::testing::Values("per_user", "atomic", "optimistic", "global",
                                           "single_writer"),
                         [](const auto& lock) { return lock.param; });

}  // namespace
}  // namespace stampede::saga
