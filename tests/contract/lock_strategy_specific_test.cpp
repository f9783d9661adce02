// What only one or some of the strategies promise: how wide a lock is, and how retries go.

#include <gtest/gtest.h>

#include <future>
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
