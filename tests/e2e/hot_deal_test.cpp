// A small hot deal through the real programs, under every gate and both ways to place its orders:
// all of the stock is sold, none twice, and whoever was accepted has an order.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/environment/redis.hpp"
#include "experiments/report/result_file.hpp"
#include "tests/e2e/experiment.hpp"

namespace stampede::e2e {
namespace {

constexpr char kDeal[] = R"(experiment: deal
base: {server: {workers: 8}, store: {use: sqlite}, lock: {use: atomic, timeout: 20s}}
data: {users: 100, balance: 1000000, products: 1, stock: 100}
load: {executor: shared-iterations, vus: 8, iterations: 300, items: 1, quantity: 1, mix: {order: 100}}
variants:
  store: {}
  memory: {stock: {gate: {use: memory}, deals: 1}}
  redis: {stock: {gate: {use: redis_lua}, deals: 1}}
  redis-queued: {stock: {gate: {use: redis_lua}, deals: 1}, orders: {write: queued}}
blocks: 1
expect: {audit.orders: pass, audit.stock: pass, audit.oversold: pass, audit.money: pass, audit.undersold: pass}
)";

TEST(HotDeal, SellsAllOfItsStockAndPassesItsAuditsUnderEveryGate) {
  if (!environment::find_redis()) GTEST_SKIP() << "there is no redis-server";
  const Folder folder;
  const auto ended = run_experiment(folder, kDeal);
  ASSERT_EQ(ended.status.code, 0) << ended.out << ended.error;
  const auto result = report::read_result(folder.path() / "results" / "latest" / "run.json");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->cells.size(), 4U);
  for (const auto& cell : result->cells) {
    SCOPED_TRACE(cell.name);
    ASSERT_EQ(cell.state, report::State::kDone) << cell.state_reason;
    const auto& block = cell.blocks.front();
    EXPECT_EQ(block.outcomes.success, 100U);
    EXPECT_EQ(block.outcomes.error, 0U);
    const auto found = std::ranges::find(block.audits, "stock", &report::Audit::name);
    ASSERT_NE(found, block.audits.end());
    EXPECT_EQ(found->state, plan::AuditState::kPass) << found->summary;
    EXPECT_THAT(found->summary, testing::HasSubstr("100 units of 1 products sold"));
  }
}

}  // namespace
}  // namespace stampede::e2e
