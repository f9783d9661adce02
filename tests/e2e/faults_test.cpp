// Experiments that break what they measure: what was acknowledged is there afterwards, and the
// report says what was done.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/environment/kafka_files.hpp"
#include "experiments/environment/postgres_files.hpp"
#include "experiments/environment/redis.hpp"
#include "experiments/report/result_file.hpp"
#include "tests/e2e/experiment.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class FaultsTest : public ::testing::Test {
 protected:
  report::RunResult run_broken(const std::string& variants) {
    const auto ended = run_experiment(
        folder_,
        "experiment: broken\n"
        "base: {server: {workers: 8}, lock: {use: per_user, timeout: 5s}}\n"
        "data: {users: 50, products: 3, stock: 1000000}\n"
        "load: {executor: constant-vus, vus: 4, warmup: 200ms, duration: 2s, mix: {order: 100}}\n"
        "variants:\n" +
            variants + "blocks: 1\n");
    EXPECT_EQ(ended.status.code, 0) << ended.out << ended.error;
    auto result = report::read_result(folder_.path() / "results" / "latest" / "run.json");
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : report::RunResult{};
  }

  static std::vector<std::string> injected(const report::Cell& cell) {
    std::vector<std::string> names;
    for (const auto& what : cell.blocks.at(0).injected) names.push_back(what.name);
    return names;
  }

  static void expect_nothing_lost(const report::Cell& cell) {
    SCOPED_TRACE(cell.name);
    EXPECT_EQ(cell.state, report::State::kDone) << cell.state_reason;
    EXPECT_GT(cell.summary.tps, 0);
    for (const auto& audit : cell.summary.audits) {
      EXPECT_NE(audit.state, plan::AuditState::kFail) << audit.name << ": " << audit.summary;
      if (audit.name == "orders" || audit.name == "stock" || audit.name == "money") {
        EXPECT_EQ(audit.state, plan::AuditState::kPass) << audit.name << ": " << audit.summary;
      }
    }
  }

  Folder folder_;
};

TEST_F(FaultsTest, AKilledServerGoesOnAtItsAddressWithWhatItAcknowledged) {
  const auto found = run_broken(
      "  killed: {store: {use: sqlite, synchronous: full},\n"
      "    faults: [{at: [20%, 40%], target: server, kind: kill, duration: 100ms}]}\n"
      "  paused: {store: {use: sqlite},\n"
      "    faults: [{at: 40%, target: server, kind: pause, duration: 300ms}]}\n");
  ASSERT_EQ(found.cells.size(), 2U);
  for (const auto& cell : found.cells) expect_nothing_lost(cell);
  EXPECT_THAT(injected(found.cells[0]), ElementsAre("kill server", "start server again"));
  EXPECT_THAT(injected(found.cells[1]), ElementsAre("pause server", "let server go on"));
  const auto& timeline = found.cells[0].blocks.at(0).timeline;
  ASSERT_FALSE(timeline.empty());
  EXPECT_GT(timeline.back().successes, 0) << "it sells again after its restart";
}

TEST_F(FaultsTest, AreMendedWhenTheWindowCloses) {
  const auto found = run_broken(
      "  paused: {store: {use: memory},\n"
      "    faults: [{at: 90%, target: server, kind: pause, duration: 60s}]}\n");
  ASSERT_EQ(found.cells.size(), 1U);
  expect_nothing_lost(found.cells[0]);
  const auto& block = found.cells[0].blocks.at(0);
  EXPECT_EQ(block.outcomes.timeout, 0U) << "who was waiting is answered";
  ASSERT_EQ(block.injected.size(), 2U);
  EXPECT_LT(block.injected[1].value, 10.0);
}

TEST_F(FaultsTest, TheServersBehindItMayFailToo) {
  for (const auto& missing : {environment::find_postgres(), environment::find_redis()}) {
    if (!missing) GTEST_SKIP() << missing.error().message;
  }
  const auto found = run_broken(
      "  postgres-killed: {store: {use: postgres},\n"
      "    faults: [{at: 40%, target: postgres, kind: kill, duration: 100ms}]}\n"
      "  postgres-paused: {store: {use: postgres},\n"
      "    faults: [{at: 40%, target: postgres, kind: pause, duration: 300ms}]}\n"
      "  redis: {store: {use: postgres}, lock: {use: redlock, nodes: 3, ttl: 1s},\n"
      "    faults: [{at: 20%, target: redis 1, kind: kill, duration: 200ms},\n"
      "             {at: 40%, target: redis 2, kind: pause, duration: 300ms},\n"
      "             {at: 60%, target: redis 3, kind: empty}]}\n");
  ASSERT_EQ(found.cells.size(), 3U);
  for (const auto& cell : found.cells) expect_nothing_lost(cell);
  EXPECT_THAT(injected(found.cells[0]), ElementsAre("kill postgres", "start postgres again"));
  EXPECT_THAT(injected(found.cells[2]),
              ElementsAre("kill redis", "start redis again", "pause redis 2", "let redis 2 go on",
                          "empty redis 3"));
}

TEST_F(FaultsTest, SoMayTheWayToThem) {
  for (const auto& missing : {environment::find_postgres(), environment::find_redis()}) {
    if (!missing) GTEST_SKIP() << missing.error().message;
  }
  const auto found = run_broken(
      "  postgres: {store: {use: postgres}, lock: {use: atomic},\n"
      "    faults: [{at: 10%, target: postgres, kind: slow, latency: 20ms, duration: 300ms},\n"
      "             {at: 40%, target: postgres, kind: partition, duration: 200ms},\n"
      "             {at: 60%, target: postgres, kind: reset, duration: 100ms}]}\n"
      "  redis: {store: {use: postgres}, lock: {use: redlock, nodes: 1, ttl: 1s},\n"
      "    faults: [{at: 20%, target: redis, kind: partition, duration: 200ms},\n"
      "             {at: 50%, target: redis, kind: reset}]}\n");
  ASSERT_EQ(found.cells.size(), 2U);
  for (const auto& cell : found.cells) expect_nothing_lost(cell);
  EXPECT_THAT(
      injected(found.cells[0]),
      ElementsAre("slow postgres", "end of \"slow postgres\"", "partition postgres",
                  "end of \"partition postgres\"", "reset postgres", "end of \"reset postgres\""));
}

// What the cell's servers tell about themselves, added up over those whose name ends like this.
double sum_of(const report::Cell& cell, const std::string& name) {
  double sum = 0;
  for (const auto& gauge : cell.blocks.at(0).gauges) {
    if (gauge.name.ends_with(name)) sum += gauge.value;
  }
  return sum;
}

// Each call waits at the partition with the connection that it holds.
TEST_F(FaultsTest, APoolThatRunsDryLosesNothing) {
  if (const auto found = environment::find_postgres(); !found)
    GTEST_SKIP() << found.error().message;
  const auto found = run_broken(
      "  dry: {store: {use: postgres, pool: {max: 2, timeout: 100ms}},\n"
      "    faults: [{at: 30%, target: postgres, kind: partition, duration: 600ms}]}\n");
  ASSERT_EQ(found.cells.size(), 1U);
  expect_nothing_lost(found.cells[0]);
  EXPECT_GT(found.cells[0].blocks.at(0).pool.timeouts, 0);
}

// Its session ends while it is frozen: its partitions go to the other instance, which handles again
// what the frozen one has not committed, and may have handled.
TEST_F(FaultsTest, AConsumerThatIsFrozenBeyondItsSessionLosesNothingButItsPartitions) {
  if (const auto found = environment::find_postgres(); !found)
    GTEST_SKIP() << found.error().message;
  if (const auto found = environment::find_kafka(); !found) GTEST_SKIP() << found.error().message;
  const auto found = run_broken(
      "  frozen: {topology: services, instances: 2, store: {use: postgres},\n"
      "    lock: {use: optimistic}, saga: {relay: {lease: 500ms}},\n"
      "    transport: {use: kafka, session.timeout: 1s}, load: {duration: 5s},\n"
      "    faults: [{at: 20%, target: server 2, kind: pause, duration: 3s}]}\n");
  ASSERT_EQ(found.cells.size(), 1U);
  expect_nothing_lost(found.cells[0]);
  EXPECT_GT(sum_of(found.cells[0], "transport partitions_lost"), 0);
}

TEST_F(FaultsTest, AreRefusedWhereTheyCannotCome) {
  const auto ended =
      run_experiment(folder_, tiny_experiment("faults: [{at: 40%, target: postgres, kind: kill}]"));
  EXPECT_EQ(ended.status.code, 1);
  EXPECT_THAT(ended.error,
              AllOf(HasSubstr("faults"), HasSubstr("cannot kill postgres"), HasSubstr("starts 0")));
}

}  // namespace
}  // namespace stampede::e2e
