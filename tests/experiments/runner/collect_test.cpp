// What of a run's raw readings reaches its report.

#include "experiments/runner/collect.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace stampede::runner {
namespace {

using namespace std::chrono_literals;

std::string stats(const std::string& queries, int timeouts) {
  return R"({"store":{"queries":[)" + queries + R"(],"gauges":[{"name":"wal_pages","value":7}],)" +
         R"("pool":{"active":1,"idle":2,"pending":0,"timeouts":)" + std::to_string(timeouts) +
         "}}}";
}

class CollectTest : public ::testing::Test {
 protected:
  report::Block collected() const { return collect({.cell = cell_, .block = 3}, 1, outcome_); }

  plan::Cell cell_;
  BlockOutcome outcome_;
};

TEST_F(CollectTest, QueriesAndTimeoutsAreThoseOfTheWindow) {
  outcome_.stats_before = {stats(R"({"name":"insert","count":10000,"meanUs":1,"p95Us":2},)"
                                 R"({"name":"commit","count":10,"meanUs":100,"p95Us":100})",
                                 4)};
  outcome_.stats = {stats(R"({"name":"insert","count":10000,"meanUs":1,"p95Us":2},)"
                          R"({"name":"commit","count":30,"meanUs":200,"p95Us":300},)"
                          R"({"name":"select","count":5,"meanUs":20,"p95Us":25})",
                          6)};
  const auto block = collected();
  ASSERT_EQ(block.queries.size(), 2U);  // Nothing was inserted but by the seed.
  EXPECT_EQ(block.queries[0].name, "commit");
  EXPECT_EQ(block.queries[0].count, 20);
  EXPECT_EQ(block.queries[0].mean, 250us);  // (30 x 200 - 10 x 100) / 20
  EXPECT_EQ(block.queries[0].p95, 300us);
  EXPECT_EQ(block.queries[1].name, "select");
  EXPECT_EQ(block.queries[1].count, 5);
  EXPECT_EQ(block.pool.timeouts, 2);
  ASSERT_EQ(block.gauges.size(), 1U);
  EXPECT_EQ(block.gauges[0].value, 7);
}

TEST_F(CollectTest, InstancesAreMergedAndNoPercentileIsAveraged) {
  outcome_.stats_before = {stats("", 0), stats("", 1)};
  outcome_.stats = {stats(R"({"name":"commit","count":10,"meanUs":100,"p95Us":400})", 2),
                    stats(R"({"name":"commit","count":30,"meanUs":200,"p95Us":300})", 4)};
  const auto block = collected();
  ASSERT_EQ(block.queries.size(), 1U);
  EXPECT_EQ(block.queries[0].count, 40);
  EXPECT_EQ(block.queries[0].mean, 175us);
  EXPECT_EQ(block.queries[0].p95, 400us);  // Of the worse one.
  EXPECT_EQ(block.pool.timeouts, 5);
  EXPECT_EQ(block.pool.idle, 4);
  ASSERT_EQ(block.gauges.size(), 2U);
  EXPECT_EQ(block.gauges[1].name, "server 2 wal_pages");
}

// The statistics of a process that hosts one service.
std::string saga_stats(const std::string& service, int dead_letters) {
  const std::string none = R"({"count":0})";
  auto page = stats("", 0);
  page.pop_back();
  return page + R"(,"saga":{"completed":0,"failed":0,"timedOut":0,"orderFinal":)" + none +
         R"(,"couponMarked":)" + none + R"(,"publish":)" + none + R"(,"services":[{"service":")" +
         service + R"(","deadLetters":)" + std::to_string(dead_letters) +
         R"(}],"transport":{"gauges":[]}}})";
}

std::map<std::string, double> dead_letters_in(const report::Block& block) {
  std::map<std::string, double> found;
  for (const auto& gauge : block.gauges) {
    if (gauge.name.ends_with("dead letters")) found[gauge.name] = gauge.value;
  }
  return found;
}

TEST_F(CollectTest, DeadLettersAreThoseOfAllProcesses) {
  using Named = std::map<std::string, double>;
  outcome_.stats = {saga_stats("order", 3)};
  EXPECT_EQ(dead_letters_in(collected()), (Named{{"saga dead letters", 3}}));
  outcome_.process_names = {"server order", "server user"};
  outcome_.stats = {saga_stats("order", 0), saga_stats("user", 2)};
  EXPECT_EQ(dead_letters_in(collected()), (Named{{"saga dead letters", 2},
                                                 {"server order saga dead letters", 0},
                                                 {"server user saga dead letters", 2}}));
}

TEST_F(CollectTest, ProcessesAreToldApartAndSecondBySecond) {
  const auto used = [](std::chrono::milliseconds cpu, std::int64_t sent) {
    return environment::Usage{.cpu = cpu, .resident_bytes = 1'000, .sent_bytes = sent};
  };
  outcome_.process_names = {"server 1", "server 2", "postgres", "generator"};
  outcome_.samples = {{0s, {used(0ms, 0), used(0ms, 0), used(0ms, 0), used(0ms, 0)}},
                      {1s, {used(100ms, 7), used(0ms, 0), used(500ms, 0), used(0ms, 0)}},
                      {3s, {used(900ms, 9), used(0ms, 0), used(500ms, 0), used(0ms, 0)}}};
  outcome_.usage =
      WindowUsage{.processes = {used(900ms, 9), used(100ms, 1), used(500ms, 0), used(50ms, 0)},
                  .foreign_cpu = 0.1};
  const auto block = collected();
  ASSERT_EQ(block.processes.size(), 4U);
  EXPECT_EQ(block.processes[2].name, "postgres");
  EXPECT_EQ(block.processes[2].use.cpu_s, 0.5);
  EXPECT_EQ(block.processes[0].samples.at_s, (std::vector<double>{1, 3}));
  EXPECT_EQ(block.processes[0].samples.cpu, (std::vector<double>{0.1, 0.4}));
  EXPECT_EQ(block.processes[0].samples.sent_bytes, (std::vector<std::int64_t>{7, 2}));
  EXPECT_EQ(block.server.cpu_s, 1.0);  // Both instances.
  EXPECT_EQ(block.bench.cpu_s, 0.05);
  EXPECT_EQ(block.foreign_cpu, 0.1);
}

TEST_F(CollectTest, AFailureKeepsItsWordsAndItsAudits) {
  outcome_.failure = "the server died under load: signal 9";
  outcome_.findings = audit::all_unknown("the run failed before the audit");
  const auto block = collected();
  EXPECT_EQ(block.block, 3U);
  EXPECT_EQ(block.position, 1U);
  EXPECT_EQ(block.state, report::State::kFailed);
  EXPECT_EQ(block.failure, outcome_.failure);
  ASSERT_FALSE(block.audits.empty());
  EXPECT_EQ(block.audits[0].state, plan::AuditState::kUnknown);
}

}  // namespace
}  // namespace stampede::runner
