// What only one or some of the strategies promise: how wide a lock is, and how retries go.

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/interleaving/sale_test.hpp"

namespace stampede::test {
namespace {

// A strategy on the memory store, and a sale with ample balances.
class Specific : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(store_->seed(small_sale(100, 10'000))); }

  // Runs `other` while `holder` stands still under whatever lock it has taken.
  Execution run_beside(LockStrategy& strategy, ScriptedOperation& holder, ScriptedOperation& other,
                       std::chrono::nanoseconds time_limit) {
    Execution made;
    holder.in_guarded = [&]() -> Result<Outcome> {
      made = std::async(std::launch::async, [&] {
               return run(strategy, *store_, other, time_limit);
             }).get();
      return Outcome::commit();
    };
    EXPECT_EQ(run(strategy, *store_, holder).outcome, Outcome::commit());
    return made;
  }

  // Makes a deposit into Ada's wallet, past any lock.
  void interfere() {
    Deposit deposit(++interferences_ + 1'000, kAda, Money{1});
    Phases phases;
    Context context{.deadline = Clock::now() + kPatience, .phases = phases};
    EXPECT_EQ(store_->transact({}, deposit, context), Outcome::commit());
  }

  Workshop workshop_;
  std::unique_ptr<Store> store_ = workshop_.store("memory");
  std::uint64_t interferences_ = 0;
};

TEST_F(Specific, GlobalKeepsOutEverybody) {
  const auto strategy = workshop_.strategy("global");
  Deposit ada(1, kAda, Money{1});
  Deposit bob(2, kBob, Money{1});
  const auto answer = run_beside(*strategy, ada, bob, kBrief).outcome;
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kLockTimeout);
  EXPECT_EQ(answer.error().message.rfind("the global lock was not free before the deadline", 0), 0U)
      << answer.error().message;
}

TEST_F(Specific, PerUserKeepsOutTheSameUserAndNamesHer) {
  const auto strategy = workshop_.strategy("per_user");
  Deposit ada(1, kAda, Money{1});
  Deposit again(2, kAda, Money{1});
  const auto answer = run_beside(*strategy, ada, again, kBrief).outcome;
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kLockTimeout);
  EXPECT_EQ(answer.error().message.rfind("the lock of user 1 was not free before the deadline", 0),
            0U)
      << answer.error().message;
}

TEST_F(Specific, PerUserLetsOtherUsersRunSideBySide) {
  const auto strategy = workshop_.strategy("per_user");
  Purchase ada(1, kAda, {{kTea, 1}});
  Purchase bob(2, kBob, {{kTea, 1}});
  EXPECT_EQ(run_beside(*strategy, ada, bob, kPatience).outcome, Outcome::commit());
}

// The name of the lock that kept an operation out, by the answer it got.
std::string kept_out_by(const Result<Outcome>& answer) {
  if (answer || answer.error().code != ErrorCode::kLockTimeout) return "was let in";
  return answer.error().message.substr(0, answer.error().message.find(" was not free"));
}

TEST_F(Specific, PerProductKeepsOutTheSameProductAndNamesIt) {
  const auto strategy = workshop_.strategy("per_product");
  Purchase ada(1, kAda, {{kTea, 1}});
  Purchase bob(2, kBob, {{kTea, 1}});
  EXPECT_EQ(kept_out_by(run_beside(*strategy, ada, bob, kBrief).outcome), "the lock of product 1");
}

TEST_F(Specific, PerProductKeepsOutTheSameCouponAndNamesIt) {
  const auto strategy = workshop_.strategy("per_product");
  Issue ada(1, kAda, kPlenty);
  Issue bob(2, kBob, kPlenty);
  EXPECT_EQ(kept_out_by(run_beside(*strategy, ada, bob, kBrief).outcome), "the lock of coupon 3");
}

TEST_F(Specific, PerProductLetsOtherProductsOfTheSameUserRunSideBySide) {
  const auto strategy = workshop_.strategy("per_product");
  Purchase tea(1, kAda, {{kTea, 1}});
  Purchase coffee(2, kAda, {{kCoffee, 1}});
  EXPECT_EQ(run_beside(*strategy, tea, coffee, kPatience).outcome, Outcome::commit());
}

TEST_F(Specific, PerProductKeepsOutAnOrderThatSharesOneOfSeveralProducts) {
  const auto strategy = workshop_.strategy("per_product");
  Purchase tea(1, kAda, {{kTea, 1}, {ProductId{3}, 1}});
  Purchase both(2, kBob, {{kCoffee, 1}, {ProductId{3}, 1}});
  EXPECT_EQ(kept_out_by(run_beside(*strategy, tea, both, kBrief).outcome), "the lock of product 3");
  Purchase coffee(3, kBob, {{kCoffee, 1}});
  EXPECT_EQ(run(*strategy, *store_, coffee, kPatience).outcome, Outcome::commit())
      << "the lock that it had was not released";
}

// The last unit of tea is wanted twice, the second time while the first order stands between what
// it has read and what it writes.
TEST_F(Specific, StockUnprotectedUnderALockThatLeavesItOutSellsTheLastUnitTwice) {
  for (const auto* const name : {"per_user", "global"}) {
    const auto strategy = workshop_.strategy(name, {{"stock", "unprotected"}});
    const auto other = workshop_.strategy(name, {{"stock", "unprotected"}});
    const auto store = workshop_.store("memory");
    ASSERT_TRUE(store->seed(small_sale(1)));
    Purchase ada(1, kAda, {{kTea, 1}});
    Purchase bob(2, kBob, {{kTea, 1}});
    ada.between = [&](int) {
      // As if on another server: with `global` one lock would keep him out.
      EXPECT_EQ(run(*other, *store, bob).outcome, Outcome::commit()) << name;
    };
    EXPECT_EQ(run(*strategy, *store, ada).outcome, Outcome::commit()) << name;
    EXPECT_EQ(Books::of(*store).orders.size(), 2U) << name;
  }
}

TEST_F(Specific, StrategiesThatNeedLocksInTheStoreDoNotRunWithoutThem) {
  for (const auto* const name : {"memory", "sqlite"}) {
    const auto store = workshop_.store(name);
    EXPECT_FALSE(workshop_.strategy("pessimistic")->runs_on(*store)) << name;
    for (const auto* const scope : {"user", "product", "global"}) {
      const auto strategy = workshop_.strategy("advisory", {{"scope", scope}});
      EXPECT_FALSE(strategy->runs_on(*store)) << name << ", scope " << scope;
    }
    for (const auto* const lock : {"per_user", "global"}) {
      EXPECT_FALSE(workshop_.strategy(lock, {{"stock", "row_lock"}})->runs_on(*store)) << name;
      EXPECT_TRUE(workshop_.strategy(lock, {{"stock", "unprotected"}})->runs_on(*store)) << name;
    }
  }
}

TEST_F(Specific, AdvisoryLocksOfProductsRefuseAnotherWayToTakeStock) {
  const plugin::Settings settings{{"scope", "product"}, {"stock", "row_lock"}};
  try {
    workshop_.strategy("advisory", settings);
    FAIL() << "was accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("stock: row_lock is for locks that leave stock out"),
              std::string::npos)
        << error.what();
  }
}

// An operation that concerns two users; it does nothing.
class Transfer final : public Operation {
 public:
  Result<Outcome> work(Transaction&) override { return Outcome::commit(); }
};

Result<Outcome> transfer(LockStrategy& strategy, Store& store, UserId from, UserId to,
                         std::chrono::nanoseconds time_limit) {
  Transfer operation;
  Phases phases;
  Context context{.deadline = Clock::now() + time_limit, .phases = phases};
  return strategy.execute(store, Scope().add(from).add(to), operation, context);
}

TEST_F(Specific, PerUserDoesNotDeadlockOverTwoUsersInEitherOrder) {
  const auto strategy = workshop_.strategy("per_user");
  std::vector<std::future<int>> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.push_back(std::async(std::launch::async, [&, thread] {
      int committed = 0;
      for (int i = 0; i < 100; ++i) {
        const auto outcome = thread % 2 == 0 ? transfer(*strategy, *store_, kAda, kBob, kPatience)
                                             : transfer(*strategy, *store_, kBob, kAda, kPatience);
        if (outcome && outcome->committed()) ++committed;
      }
      return committed;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 100);
}

TEST_F(Specific, PerUserLetsGoOfTheFirstUserWhenTheSecondIsNotFree) {
  const auto strategy = workshop_.strategy("per_user");
  Deposit bob(1, kBob, Money{1});
  bob.in_guarded = [&]() -> Result<Outcome> {
    const auto waited = std::async(std::launch::async, [&] {
                          return transfer(*strategy, *store_, kAda, kBob, kBrief);
                        }).get();
    EXPECT_EQ(waited.error().code, ErrorCode::kLockTimeout);
    Deposit ada(2, kAda, Money{1});
    const auto free =
        std::async(std::launch::async, [&] { return run(*strategy, *store_, ada).outcome; }).get();
    EXPECT_EQ(free, Outcome::commit());
    return Outcome::commit();
  };
  EXPECT_EQ(run(*strategy, *store_, bob).outcome, Outcome::commit());
}

TEST_F(Specific, OptimisticRunsTheWorkAgainAfterAConflictAndReportsTheWait) {
  const auto strategy = workshop_.strategy("optimistic");
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.between = [&](int number) {
    if (number <= 2) interfere();
  };
  const auto made = run(*strategy, *store_, purchase);
  EXPECT_EQ(made.outcome, Outcome::commit());
  EXPECT_EQ(purchase.work_runs(), 3);
  EXPECT_EQ(made.phases.attempts, 3U);
  EXPECT_GT(made.phases.spent(Phase::kBackoff), std::chrono::nanoseconds(0));
  EXPECT_EQ(Books::of(*store_).outbox.size(), 3U) << "two interferences and one order";
}

TEST_F(Specific, OptimisticDoesNotWaitWithoutAConflict) {
  const auto strategy = workshop_.strategy("optimistic");
  Purchase purchase(1, kAda, {{kTea, 1}});
  const auto made = run(*strategy, *store_, purchase);
  EXPECT_EQ(made.outcome, Outcome::commit());
  EXPECT_EQ(made.phases.spent(Phase::kBackoff), std::chrono::nanoseconds(0));
}

TEST_F(Specific, OptimisticGivesUpAfterTheAttemptsItWasGiven) {
  const auto strategy =
      workshop_.strategy("optimistic", {{"attempts", "3"}, {"backoff_base", "0us"}});
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.between = [&](int) { interfere(); };
  const auto outcome = run(*strategy, *store_, purchase).outcome;
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
  EXPECT_EQ(outcome.error().message.rfind("optimistic: 3 attempts conflicted; the last: ", 0), 0U)
      << outcome.error().message;
  EXPECT_EQ(purchase.work_runs(), 3);
}

TEST_F(Specific, OptimisticDoesNotBackOffBeyondTheDeadline) {
  const auto strategy = workshop_.strategy(
      "optimistic", {{"attempts", "1000"}, {"backoff_base", "1s"}, {"backoff_max", "10s"}});
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.between = [&](int) { interfere(); };
  const auto made = run(*strategy, *store_, purchase, std::chrono::milliseconds(200));
  ASSERT_FALSE(made.outcome);
  EXPECT_TRUE(made.outcome.error().code == ErrorCode::kTimeout ||
              made.outcome.error().code == ErrorCode::kConflict)
      << made.outcome.error().message;
  EXPECT_GT(made.phases.spent(Phase::kBackoff), std::chrono::nanoseconds(0));
}

}  // namespace
}  // namespace stampede::test
