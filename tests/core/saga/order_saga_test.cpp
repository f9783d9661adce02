// The saga of one order under every order of its messages, with duplicates and with a timeout at
// any moment: it ends once, and money, stock and coupon agree with how it ended.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/saga/world.hpp"

namespace stampede::saga {
namespace {

using testing::item;
using testing::World;

constexpr std::int64_t kBalance = 10'000;
constexpr std::int64_t kStock = 10;

pipeline::PlaceOrder order_of(std::int64_t user, std::vector<pipeline::ItemRequest> items,
                              std::optional<CouponId> coupon = {}, const std::string& key = {}) {
  return {UserId{user}, std::move(items), coupon, {key, "trace-1"}};
}

// Runs `play` once for each sequence of choices that it can make: it asks choose(n) for a number
// below n, and is run again until every answer was given everywhere.
class Choices {
 public:
  std::size_t choose(std::size_t count) {
    if (depth_ == path_.size()) path_.push_back({0, count});
    EXPECT_EQ(path_[depth_].count, count) << "the play is not the same when it is played again";
    return path_[depth_++].taken;
  }
  bool next() {
    depth_ = 0;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().count) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  struct Step {
    std::size_t taken;
    std::size_t count;
  };
  std::vector<Step> path_;
  std::size_t depth_ = 0;
};

template <typename Play>
int play_all(Play play) {
  Choices choices;
  int plays = 0;
  do {
    play(choices);
    ++plays;
  } while (choices.next() && !::testing::Test::HasFailure());
  return plays;
}

// Delivers everything in an order of choice, with the sweeper coming at a moment of choice, or not.
void play_out(World& world, Choices& choices, int times) {
  bool may_sweep = true;
  while (world.transport->waiting() > 0) {
    const auto waiting = world.transport->waiting();
    const auto choice = choices.choose(waiting + (may_sweep ? 1 : 0));
    if (choice == waiting) {
      may_sweep = false;
      world.stand_still();
    } else {
      world.deliver_at(choice, times);
    }
    if (::testing::Test::HasFatalFailure()) return;
  }
  // What a broker may do late: everything again, from the end.
  const auto delivered = world.delivered;
  for (auto letter = delivered.rbegin(); letter != delivered.rend(); ++letter) {
    ASSERT_TRUE(testing::deliver(*letter));
  }
  world.relay();
  world.deliver_all();
}

void expect_settled(World& world, std::int64_t user, std::int64_t quantity) {
  const auto orders = world.orders();
  ASSERT_EQ(orders.size(), 1U);
  const auto& order = orders.front();
  ASSERT_NE(order.status, Order::Status::kPending);
  const bool completed = order.status == Order::Status::kCompleted;
  EXPECT_EQ(world.balance(user), kBalance - (completed ? order.total.minor : 0));
  EXPECT_EQ(world.stock(1), kStock - (completed ? quantity : 0));
  EXPECT_EQ(world.stock(2), kStock - (completed ? 1 : 0));
  EXPECT_EQ(world.transport->published(topic::kOrderCompleted).size() +
                world.transport->published(topic::kOrderFailed).size(),
            1U);
  if (!order.coupon) return;
  for (const auto area : {Area::kCoupon, Area::kUserCoupon}) {
    const auto held = world.coupons(user, area);
    const auto found = std::ranges::find(held, *order.coupon, &UserCoupon::coupon);
    ASSERT_NE(found, held.end());
    EXPECT_EQ(found->used_by, completed ? std::optional(order.id) : std::nullopt);
  }
}

class OrderSaga : public ::testing::TestWithParam<int> {};

TEST_P(OrderSaga, ConservesMoneyStockAndCouponInEveryOrderOfItsMessages) {
  int completed = 0;
  const auto plays = play_all([&](Choices& choices) {
    World world;
    const auto reply = world.order(order_of(1, {item(1, 2), item(2, 1)}, CouponId{1}));
    ASSERT_TRUE(reply && reply->value);
    EXPECT_EQ(reply->value->status, Order::Status::kPending);
    play_out(world, choices, GetParam());
    expect_settled(world, 1, 2);
    completed += world.orders().front().status == Order::Status::kCompleted ? 1 : 0;
  });
  EXPECT_GT(plays, 20);
  EXPECT_GT(completed, 0);
  EXPECT_LT(completed, plays);
}

TEST_P(OrderSaga, GivesThePaymentBackWhenTheStockIsGone) {
  play_all([&](Choices& choices) {
    World world;
    ASSERT_TRUE(world.order(order_of(1, {item(1, 2), item(2, 1)}, CouponId{1})));
    // Gone between the price and the stock step.
    Phases phases;
    Context context{Clock::now() + std::chrono::seconds(30), phases};
    struct SellAll final : Operation {
      Result<Outcome> work(Transaction& transaction) override {
        const auto product = transaction.product(ProductId{2});
        return transaction.take_stock(**product, kStock).map([](bool) {
          return Outcome::commit();
        });
      }
    } sell;
    ASSERT_TRUE(world.stores[Area::kProduct].transact({}, sell, context));
    play_out(world, choices, GetParam());
    const auto order = world.orders().front();
    EXPECT_EQ(order.status, Order::Status::kFailed);
    EXPECT_EQ(world.balance(1), kBalance);
    EXPECT_EQ(world.stock(1), kStock);
    EXPECT_EQ(world.stock(2), 0);
  });
}

INSTANTIATE_TEST_SUITE_P(EachMessage, OrderSaga, ::testing::Values(1, 2),
                         [](const auto& times) { return times.param == 1 ? "Once" : "Twice"; });

TEST(FailedOrder, SaysWhyAndLeavesTheCouponForTheNext) {
  World world;
  ASSERT_TRUE(world.order(order_of(1, {item(1, 10)}, CouponId{1})));
  const auto poor = world.order(order_of(1, {item(1, 1)}, CouponId{1}));
  ASSERT_TRUE(poor);
  EXPECT_EQ(poor->refusal, RefusalCode::kCouponNotUsable);  // Kept for the first.
  world.stand_still();
  world.deliver_all();
  EXPECT_EQ(world.orders().front().failure, kSagaTimeout);
  const auto next = world.order(order_of(1, {item(1, 1)}, CouponId{1}));
  ASSERT_TRUE(next && next->value);
  world.deliver_all();
  EXPECT_EQ(world.balance(1), kBalance - next->value->total.minor);
}

TEST(FailedOrder, IsForLackOfBalanceWhenTheWalletIsShort) {
  World world;
  ASSERT_TRUE(world.order(
      order_of(1, {item(1, 9), item(2, 9), item(3, 9), item(4, 9), item(5, 9), item(6, 9),
                   item(7, 9), item(8, 9), item(9, 9), item(10, 9), item(11, 9), item(12, 9)})));
  world.deliver_all();
  const auto order = world.orders().front();
  EXPECT_EQ(order.status, Order::Status::kFailed);
  EXPECT_EQ(order.failure, "INSUFFICIENT_BALANCE");
  EXPECT_EQ(world.balance(1), kBalance);
}

TEST(FailedOrder, ThatWasFreeGetsNothingBack) {
  World world;
  auto context = world.context();
  ASSERT_TRUE(world.services.issue_coupon({UserId{7}, CouponId{3}, {"k-1", "t"}}, context));
  world.relay();
  world.deliver_all();
  const auto placed = world.order(order_of(7, {item(1, 1)}, CouponId{3}));
  ASSERT_TRUE(placed && placed->value);
  EXPECT_EQ(placed->value->total, Money{0});
  world.deliver_at(0);  // Paid.
  world.stand_still();
  world.deliver_all();
  EXPECT_EQ(world.orders().front().status, Order::Status::kFailed);
  EXPECT_EQ(world.balance(7), kBalance);
  EXPECT_EQ(world.transport->published("ORDER_FAILED.DEAD").size(), 0U);
}

TEST(FailedOrder, PutsTheCartBack) {
  World world;
  auto context = world.context();
  ASSERT_TRUE(world.services.add_to_cart({UserId{1}, item(1, 2), {}}, context));
  ASSERT_TRUE(world.order(order_of(1, {})));
  EXPECT_TRUE(world.stores.view(Area::kOrder)->cart(UserId{1})->empty());
  world.stand_still();
  world.deliver_all();
  const auto cart = *world.stores.view(Area::kOrder)->cart(UserId{1});
  ASSERT_EQ(cart.size(), 1U);
  EXPECT_EQ(cart.front().quantity, 2);
}

TEST(CompensationNone, KeepsThePaymentOfAnOrderThatFailed) {
  auto options = testing::quick_options();
  options.compensation = Compensation::kNone;
  World world(options);
  ASSERT_TRUE(world.order(order_of(1, {item(1, 1)})));
  world.deliver_at(0);  // Paid.
  world.stand_still();
  world.deliver_all();
  EXPECT_EQ(world.orders().front().status, Order::Status::kFailed);
  EXPECT_EQ(world.balance(1), kBalance - 100);
  EXPECT_EQ(world.stock(1), kStock);
}

TEST(RepeatedKey, AnswersHowTheOrderStandsNow) {
  World world;
  const auto first = world.order(order_of(1, {item(1, 1)}, {}, "key-1"));
  const auto pending = world.order(order_of(1, {item(1, 1)}, {}, "key-1"));
  ASSERT_TRUE(pending && pending->value);
  EXPECT_TRUE(pending->replayed);
  EXPECT_EQ(pending->value->id, first->value->id);
  EXPECT_EQ(pending->value->status, Order::Status::kPending);
  world.deliver_all();
  const auto final = world.order(order_of(1, {item(1, 1)}, {}, "key-1"));
  ASSERT_TRUE(final && final->value);
  EXPECT_EQ(final->value->status, Order::Status::kCompleted);
  const auto other = world.order(order_of(1, {item(1, 2)}, {}, "key-1"));
  EXPECT_EQ(other->refusal, RefusalCode::kRequestKeyReused);
  EXPECT_EQ(world.balance(1), kBalance - 100);
}

TEST(IssuedCoupon, ReachesTheUserWhicheverOfIssueAndUseIsHeardFirst) {
  play_all([&](Choices& choices) {
    World world;
    auto context = world.context();
    const auto issued =
        world.services.issue_coupon({UserId{7}, CouponId{3}, {"k-1", "t"}}, context);
    ASSERT_TRUE(issued && issued->value);
    world.relay();
    ASSERT_TRUE(world.order(order_of(7, {item(1, 2), item(2, 1)}, CouponId{3})));
    play_out(world, choices, 1);
    expect_settled(world, 7, 2);
    EXPECT_EQ(world.coupons(7).front().request_key, "k-1");
  });
}

}  // namespace
}  // namespace stampede::saga
