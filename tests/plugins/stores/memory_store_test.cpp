// What the memory store has of its own, beside the contract.

#include <gtest/gtest.h>

#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/interleaving/sale.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;

TEST(MemoryStore, TakesAsLongToCommitAsItIsTold) {
  plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
  const auto store = catalog.create<Store>("memory", {{"commit_latency", "40ms"}}).value();
  ASSERT_TRUE(store->seed(small_sale(100, 10'000)));
  Workshop workshop;
  const auto strategy = workshop.strategy("atomic");
  Deposit deposit(1, kAda, Money{1});
  const auto started = Clock::now();
  const auto ran = run(*strategy, *store, deposit);
  EXPECT_EQ(ran.outcome, Outcome::commit());
  EXPECT_GE(Clock::now() - started, 40ms);
}

}  // namespace
}  // namespace stampede::test
