// Who does which work under `single_writer`: the plugin as the server makes it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/simulated_payments.hpp"
#include "core/pipeline/system_sources.hpp"
#include "tests/interleaving/books.hpp"
#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/interleaving/sale.hpp"
#include "tests/plugins/locks/batching_store.hpp"

namespace stampede::test {
namespace {

const Outcome kCommitted = Outcome::commit();

class SingleWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto seed = small_sale(100, 100'000);
    seed.products = kProducts;
    ASSERT_TRUE(store_->seed(seed));
  }

  // The thread that runs the work of a purchase.
  std::thread::id worker_of(LockStrategy& strategy, UserId user, ProductId product) {
    std::thread::id id;
    Purchase purchase(++numbers_, user, {{product, 1}});
    purchase.between = [&](int) { id = std::this_thread::get_id(); };
    EXPECT_EQ(run(strategy, *store_, purchase).outcome, kCommitted);
    return id;
  }

  // What `other` comes to while the writer stands still in the middle of `holder`.
  Execution run_beside(LockStrategy& strategy, ScriptedOperation& holder, ScriptedOperation& other,
                       std::chrono::nanoseconds time_limit) {
    Execution made;
    holder.in_guarded = [&]() -> Result<Outcome> {
      made = std::async(std::launch::async, [&] {
               return run(strategy, *store_, other, time_limit);
             }).get();
      return Outcome::commit();
    };
    EXPECT_EQ(run(strategy, *store_, holder).outcome, kCommitted);
    return made;
  }

  static constexpr std::int64_t kProducts = 40;

  Workshop workshop_;
  std::unique_ptr<Store> store_ = workshop_.store("memory");
  std::uint64_t numbers_ = 0;
};

TEST_F(SingleWriterTest, OneThreadDoesTheWorkForAProduct) {
  const auto strategy = workshop_.strategy("single_writer");
  const auto worker = worker_of(*strategy, kAda, kTea);
  EXPECT_NE(worker, std::this_thread::get_id());
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(worker_of(*strategy, UserId{i}, kTea), worker);
}

TEST_F(SingleWriterTest, ProductsAreSpreadOverTheWriters) {
  for (const std::size_t writers : {1U, 3U}) {
    const auto strategy =
        workshop_.strategy("single_writer", {{"writers", std::to_string(writers)}});
    std::set<std::thread::id> workers;
    for (std::int64_t id = 1; id <= kProducts; ++id) {
      workers.insert(worker_of(*strategy, kAda, ProductId{id}));
    }
    EXPECT_EQ(workers.size(), writers);
  }
}

TEST_F(SingleWriterTest, TheCallerDoesWorkThatTouchesNothingScarce) {
  const auto strategy = workshop_.strategy("single_writer");
  Deposit deposit(1, kAda, Money{1});
  deposit.between = [caller = std::this_thread::get_id()](int) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
  };
  EXPECT_EQ(run(*strategy, *store_, deposit).outcome, kCommitted);
}

TEST_F(SingleWriterTest, AnOrderOverSeveralProductsQueuesAtTheFirst) {
  const auto strategy = workshop_.strategy("single_writer");
  Purchase tea(1, kAda, {{kTea, 1}});
  Purchase both(2, kBob, {{kTea, 1}, {kCoffee, 1}});
  const auto answer = run_beside(*strategy, tea, both, kBrief).outcome;
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kLockTimeout);
  EXPECT_THAT(answer.error().message, testing::StartsWith("the writer of product 1 was not free"));
}

TEST_F(SingleWriterTest, IssuesOfOneCouponQueueAtItsWriter) {
  const auto strategy = workshop_.strategy("single_writer");
  Issue ada(1, kAda, kPlenty);
  Issue bob(2, kBob, kPlenty);
  const auto answer = run_beside(*strategy, ada, bob, kBrief).outcome;
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, testing::StartsWith("the writer of coupon 3 was not free"));
}

// The pipeline's own order: said as data, placed, and answered with what the store says it stored.
TEST_F(SingleWriterTest, AnOrderOfThePipelineIsPlacedAndAnswered) {
  const auto strategy = workshop_.strategy("single_writer");
  BatchingStore batching(*store_);
  pipeline::SystemClock clock;
  pipeline::UuidGenerator ids(clock, 1);
  pipeline::SimulatedPayments payments({});
  pipeline::Pipeline sale(batching, *strategy, payments, clock, ids, {});
  Phases phases;
  Context context{.deadline = Clock::now() + kPatience, .phases = phases};
  const auto reply = sale.place_order({.user = kAda, .items = {{kTea, 2}}}, context);
  ASSERT_TRUE(reply) << reply.error().message;
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->total, Money{120});
  EXPECT_EQ(Books::of(*store_).stock(kTea), 98);
  EXPECT_THAT(batching.sizes(), testing::ElementsAre(1));
  EXPECT_EQ(phases.attempts, 1U);
}

}  // namespace
}  // namespace stampede::test
