// A small coupon rush through the real programs, under every gate: nobody gets two, none too many
// are issued, and whoever was accepted is issued a coupon or told why not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/environment/redis.hpp"
#include "experiments/report/result_file.hpp"
#include "tests/e2e/experiment.hpp"

namespace stampede::e2e {
namespace {

// A tenth of the users that are drawn do not exist: what they were granted is returned.
constexpr char kRush[] = R"(experiment: rush
base: {server: {workers: 8}, store: {use: sqlite}, lock: {use: atomic, timeout: 20s}}
data: {users: 270, products: 1, stock: 1, coupons: [{discount: 10%, total: 100}]}
load: {executor: shared-iterations, vus: 8, iterations: 600, range: {users: 300}, mix: {issue_async: 100}}
matrix:
  coupon.gate.use: [store, memory, redis_list, redis_lua]
  coupon.gate_at: [accept, consume]
  exclude: [{coupon.gate.use: store, coupon.gate_at: consume}]
blocks: 1
expect: {audit.coupons: pass}
)";

// Every cell did something, and its audit of coupons says `summary`.
void expect_sound(const Folder& folder, std::size_t cells, const std::string& summary) {
  const auto result = report::read_result(folder.path() / "results" / "latest" / "run.json");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->cells.size(), cells);
  for (const auto& cell : result->cells) {
    SCOPED_TRACE(cell.name);
    ASSERT_EQ(cell.state, report::State::kDone) << cell.state_reason;
    const auto& block = cell.blocks.front();
    EXPECT_GT(block.outcomes.success, 0U);
    EXPECT_EQ(block.outcomes.error, 0U);
    const auto found = std::ranges::find(block.audits, "coupons", &report::Audit::name);
    ASSERT_NE(found, block.audits.end());
    EXPECT_EQ(found->state, plan::AuditState::kPass) << found->summary;
    EXPECT_THAT(found->summary, testing::HasSubstr(summary));
  }
}

TEST(CouponRush, PassesItsAuditUnderEveryGate) {
  if (!environment::find_redis()) GTEST_SKIP() << "there is no redis-server";
  const Folder folder;
  const auto ended = run_experiment(folder, kRush);
  ASSERT_EQ(ended.status.code, 0) << ended.out << ended.error;
  expect_sound(folder, 7, "100 held by users");
}

// The catalogue's own file and rates, for a tenth of its time: more than a sanitized server
// carries.
TEST(CouponRush, OfTheCatalogueIsSoundAtATenthOfItsLength) {
  if (!environment::find_redis()) GTEST_SKIP() << "there is no redis-server";
  const Folder folder;
  const auto ended = run(folder, "stampede",
                         {"run", STAMPEDE_SOURCE_DIR "/experiments/catalogue/coupon-rush.yaml",
                          "--scale", "0.1", "--only", "inline/redis_lua/accept/coupon", "--results",
                          (folder.path() / "results").string()});
  ASSERT_EQ(ended.status.code, 0) << ended.out << ended.error;
  expect_sound(folder, 1, "held by users");
}

}  // namespace
}  // namespace stampede::e2e
