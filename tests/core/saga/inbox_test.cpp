// Events that come twice, together, at once with their own copies or with nonsense beside them:
// each takes effect once, and only what never can is put aside.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "experiments/check/forwarding.hpp"
#include "tests/core/saga/world.hpp"

namespace stampede::saga {
namespace {

using testing::HandTransport;
using testing::item;
using testing::World;

constexpr std::int64_t kBalance = 10'000;

pipeline::PlaceOrder order_of(std::int64_t user, std::vector<pipeline::ItemRequest> items) {
  return {UserId{user}, std::move(items), std::nullopt, {{}, "trace-1"}};
}

// A store that does something of the test's each time before a saga step is read.
class DisturbedStore final : public check::ForwardingStore {
 public:
  explicit DisturbedStore(std::unique_ptr<Store> store)
      : ForwardingStore(*store), store_(std::move(store)) {}

  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    class Disturbed final : public check::ForwardingTransaction {
     public:
      Disturbed(Transaction& to, DisturbedStore& store)
          : ForwardingTransaction(to), store_(store) {}
      Result<std::optional<SagaStep>> saga_step(std::string_view key) override {
        if (store_.before_step) {
          if (auto done = store_.before_step(); !done) return Unexpected(done.error());
        }
        return to_.saga_step(key);
      }

     private:
      DisturbedStore& store_;
    };
    class Work final : public check::ForwardingOperation {
     public:
      Work(Operation& operation, DisturbedStore& store)
          : ForwardingOperation(operation), store_(store) {}
      Result<Outcome> work(Transaction& transaction) override {
        Disturbed disturbed(transaction, store_);
        return operation_.work(disturbed);
      }

     private:
      DisturbedStore& store_;
    };
    Work work(operation, *this);
    return store_->transact(options, work, context);
  }

  std::function<Result<void>()> before_step;

 private:
  const std::unique_ptr<Store> store_;
};

// A world where the store of one service is disturbed, and nothing but the store keeps two
// deliveries apart.
struct Disturbance {
  explicit Disturbance(Area area)
      : world(testing::quick_options(), "atomic", [&, area](Area of, std::unique_ptr<Store> made) {
          if (of != area) return made;
          auto disturbed = std::make_unique<DisturbedStore>(std::move(made));
          store = disturbed.get();
          return std::unique_ptr<Store>(std::move(disturbed));
        }) {}

  std::int64_t dead_letters() const {
    std::int64_t sum = 0;
    for (const auto& counts : world.services.read(false).services) sum += counts.dead_letters;
    return sum;
  }

  DisturbedStore* store = nullptr;
  World world;
};

// Whose time is up as soon as a saga step is read.
Result<void> deliver_late(const HandTransport::Letter& letter, DisturbedStore& store) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(100);
  const auto before_step = store.before_step;
  store.before_step = [&] {
    while (Clock::now() < deadline) std::this_thread::yield();
    return before_step();
  };
  auto handled = (*letter.handler)({&letter.event, 1}, deadline);
  store.before_step = before_step;
  return handled;
}

// What a transport sends again when it was not told in time that the first copy is being handled.
TEST(DeliveredTwiceAtOnce, AnIssuedCouponIsGrantedOnceAndNotPutAside) {
  Disturbance disturbed(Area::kUserCoupon);
  auto& world = disturbed.world;
  auto context = world.context();
  ASSERT_TRUE(world.services.issue_coupon({UserId{7}, CouponId{3}, {"k-1", "t"}}, context));
  world.relay();
  const auto letter = world.transport->take(0);
  int copies = 0;
  Result<void> inner;
  disturbed.store->before_step = [&]() -> Result<void> {
    if (++copies == 1) inner = testing::deliver(letter);
    return {};
  };
  const auto outer = deliver_late(letter, *disturbed.store);
  EXPECT_GT(copies, 1);
  EXPECT_TRUE(inner);
  EXPECT_TRUE(outer || testing::deliver(letter)) << outer.error().message;
  EXPECT_EQ(disturbed.dead_letters(), 0);
  EXPECT_EQ(world.coupons(7).size(), 1U);
}

class FailingEvent : public ::testing::Test {
 protected:
  FailingEvent() {
    EXPECT_TRUE(disturbed.world.order(order_of(1, {item(1, 1)})));
    letter = disturbed.world.transport->take(0);
    disturbed.store->before_step = [this]() -> Result<void> {
      ++attempts;
      if (attempts > failures) return {};
      return fail(ErrorCode::kInternal, "the disk is on fire");
    };
  }

  Disturbance disturbed{Area::kUser};
  HandTransport::Letter letter;
  int attempts = 0;
  int failures = 0;
};

TEST_F(FailingEvent, IsTriedAgainAtOnce) {
  failures = 4;
  EXPECT_TRUE(testing::deliver(letter));
  EXPECT_EQ(attempts, 5);
  EXPECT_EQ(disturbed.dead_letters(), 0);
  EXPECT_EQ(disturbed.world.balance(1), kBalance - 100);
}

TEST_F(FailingEvent, IsPutAsideAfterItsAttemptsWithTheReason) {
  failures = 1'000;
  EXPECT_TRUE(testing::deliver(letter));
  EXPECT_EQ(attempts, 5);
  EXPECT_EQ(disturbed.dead_letters(), 1);
  EXPECT_EQ(disturbed.world.transport->published("ORDER_PENDING.DEAD").size(), 1U);
  const auto counts = disturbed.world.services.read(false).services.at(1);
  EXPECT_EQ(counts.service, "user");
  EXPECT_EQ(counts.last_dead_letter,
            "ORDER_PENDING " + letter.event.id + ": INTERNAL: the disk is on fire");
}

// A deadline says nothing about the event.
TEST_F(FailingEvent, GoesBackToTheTransportWhereTheTimeIsUp) {
  failures = 4;
  for (int delivery = 1; delivery <= 4; ++delivery) {
    const auto handled = deliver_late(letter, *disturbed.store);
    ASSERT_FALSE(handled);
    EXPECT_EQ(handled.error().message, "the disk is on fire");
    EXPECT_EQ(attempts, delivery);
  }
  EXPECT_TRUE(testing::deliver(letter));
  EXPECT_EQ(disturbed.dead_letters(), 0);
  EXPECT_EQ(disturbed.world.balance(1), kBalance - 100);
}

TEST_F(FailingEvent, IsPutAsideAfterItsAttemptsInWhateverManyDeliveries) {
  failures = 1'000;
  for (int delivery = 1; delivery <= 4; ++delivery)
    ASSERT_FALSE(deliver_late(letter, *disturbed.store));
  EXPECT_TRUE(deliver_late(letter, *disturbed.store));
  EXPECT_EQ(attempts, 5);
  EXPECT_EQ(disturbed.dead_letters(), 1);
}

TEST(Poison, IsPutAsideAndHoldsNothingUp) {
  World world;
  ASSERT_TRUE(world.order(order_of(1, {item(1, 1)})));
  auto letter = world.transport->letter(0);
  auto bad = letter.event;
  bad.id = "bad";
  bad.payload = R"({"orderId":"nonsense"})";
  const std::vector<Event> both{bad, letter.event};
  ASSERT_TRUE((*letter.handler)(both, Clock::now() + std::chrono::seconds(30)));
  EXPECT_EQ(world.transport->published("ORDER_PENDING.DEAD").size(), 1U);
  EXPECT_EQ(world.services.read(false).services.at(1).dead_letters, 1);
  EXPECT_EQ(world.balance(1), kBalance - 100);
}

TEST(DeliveredTogether, EventsTakeEffectEachOnceAlsoWhenOneOfThemIsRefused) {
  World world;
  for (int user = 1; user <= 3; ++user) ASSERT_TRUE(world.order(order_of(user, {item(1, 1)})));
  ASSERT_TRUE(world.order(
      order_of(4, {item(1, 9), item(2, 9), item(3, 9), item(4, 9), item(5, 9), item(6, 9),
                   item(7, 9), item(8, 9), item(9, 9), item(10, 9), item(11, 9), item(12, 9)})));
  std::vector<Event> together;
  const auto* handler = world.transport->letter(0).handler;
  while (world.transport->waiting() > 0) together.push_back(world.transport->take(0).event);
  together.push_back(together.front());
  ASSERT_EQ(together.size(), 5U);
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE((*handler)(together, Clock::now() + std::chrono::seconds(30)));
  }
  world.relay();
  EXPECT_EQ(world.transport->published(topic::kPaymentSuccessful).size(), 3U);
  EXPECT_EQ(world.transport->published(topic::kPaymentFailed).size(), 1U);
  for (int user = 1; user <= 3; ++user) EXPECT_EQ(world.balance(user), kBalance - 100);
  EXPECT_EQ(world.balance(4), kBalance);
}

}  // namespace
}  // namespace stampede::saga
