// Five services in five processes: experiments on them through the real programs. Whatever dies,
// nothing that a customer was told is lost, and nobody pays or is sold anything twice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/environment/kafka_files.hpp"
#include "experiments/environment/postgres_files.hpp"
#include "experiments/report/result_file.hpp"
#include "tests/e2e/experiment.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class PartsTest : public ::testing::Test {
 protected:
  // One cell; on SQLite, there is a file for each service.
  static std::string experiment(const std::string& transport, const std::string& more,
                                const std::string& duration = "2s",
                                const std::string& stored =
                                    "  store: {use: sqlite, synchronous: full}\n"
                                    "  lock: {use: per_user, timeout: 10s}\n") {
    return "experiment: parts\n"
           "base:\n"
           "  topology: services\n"
           "  server: {workers: 8}\n" +
           stored + "  transport: {use: " + transport +
           "}\n"
           "  saga: {timeout: 10s, sweep: 200ms, relay: {poll: 10ms}}\n"
           "  log: {requests: all}\n"
           "data: {users: 50, products: 5, stock: 1000000, balance: 100000000, coupons: "
           "[{discount: "
           "1, total: 1000, held_by: 50}]}\n"
           "load: {executor: constant-vus, vus: 4, warmup: 200ms, duration: " +
           duration +
           ", coupon_share: 0.2,\n"
           "  mix: {order: 60, issue: 10, charge: 10, balance: 5, product: 5, user_coupons: 5, "
           "get_order: 5}}\n" +
           more + "\nblocks: 1\n";
  }

  report::RunResult run_parts(const std::string& yaml) {
    const auto ended = run_experiment(folder_, yaml);
    EXPECT_EQ(ended.status.code, 0) << ended.out << ended.error;
    said_ = ended.out + ended.error;
    auto result = report::read_result(folder_.path() / "results" / "latest" / "run.json");
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : report::RunResult{};
  }

  static void expect_sound(const report::Cell& cell) {
    EXPECT_EQ(cell.state, report::State::kDone) << cell.state_reason;
    EXPECT_GT(cell.summary.tps, 0);
    for (const auto& audit : cell.summary.audits) {
      EXPECT_NE(audit.state, plan::AuditState::kFail) << audit.name << ": " << audit.summary;
      if (audit.name == "orders" || audit.name == "stock" || audit.name == "money" ||
          audit.name == "saga") {
        EXPECT_EQ(audit.state, plan::AuditState::kPass) << audit.name << ": " << audit.summary;
      }
    }
  }

  static std::vector<std::string> processes(const report::Cell& cell) {
    std::vector<std::string> names;
    for (const auto& process : cell.blocks.at(0).processes) names.push_back(process.name);
    return names;
  }

  Folder folder_;
  std::string said_;  // By the last run.
};

TEST_F(PartsTest, SellOverHttpAndAgreeInTheEnd) {
  const auto found = run_parts(experiment("http", "processes: each"));
  ASSERT_EQ(found.cells.size(), 1U);
  expect_sound(found.cells[0]);
  EXPECT_THAT(processes(found.cells[0]),
              ElementsAre("server order", "server user", "server product", "server coupon",
                          "server user-coupon", "generator"));
  const auto& outcomes = found.cells[0].blocks.at(0).outcomes;
  EXPECT_EQ(outcomes.error, 0U) << "every request went to who answers it";
}

TEST_F(PartsTest, SellInGroupsToo) {
  const auto found = run_parts(
      experiment("http", "processes: [[order, coupon], [user, product, user-coupon]]", "1s"));
  ASSERT_EQ(found.cells.size(), 1U);
  expect_sound(found.cells[0]);
  EXPECT_THAT(processes(found.cells[0]),
              ElementsAre("server order+coupon", "server user+product+user-coupon", "generator"));
}

TEST_F(PartsTest, SellOverKafkaAndAgreeInTheEnd) {
  if (const auto kafka = environment::find_kafka(); !kafka) GTEST_SKIP() << kafka.error().message;
  const auto found = run_parts(experiment(
      "kafka", "processes: each\nkafka: {warmup: 1s}\nmatrix: {server.workers: [4, 8]}"));
  ASSERT_EQ(found.cells.size(), 2U);
  for (const auto& cell : found.cells) {
    expect_sound(cell);
    EXPECT_EQ(cell.blocks.size(), 1U);
    EXPECT_THAT(processes(cell), Contains("kafka"));
  }
  // The broker is new to the first cell only, and what warms it up leaves nothing.
  const std::string warms_up = "the private Kafka is new: 1s of light load, not measured";
  const auto first = said_.find(warms_up);
  ASSERT_NE(first, std::string::npos) << said_;
  EXPECT_EQ(said_.find(warms_up, first + 1), std::string::npos) << said_;
  const auto cells = std::filesystem::recursive_directory_iterator(folder_.path() / "results");
  for (const auto& entry : cells) EXPECT_THAT(entry.path().string(), Not(HasSubstr("warmup")));
}

TEST_F(PartsTest, LoseNothingWhenEachOfThemIsKilledUnderLoad) {
  const auto found = run_parts(
      experiment("http",
                 "processes: each\n"
                 "faults:\n"
                 "  - {at: 5%, target: server order, kind: kill, duration: 200ms}\n"
                 "  - {at: 20%, target: server user, kind: kill, duration: 200ms}\n"
                 "  - {at: 40%, target: server product, kind: kill, duration: 200ms}\n"
                 "  - {at: 60%, target: server coupon, kind: kill, duration: 200ms}\n"
                 "  - {at: 80%, target: server user-coupon, kind: kill, duration: 200ms}\n",
                 "8s"));
  ASSERT_EQ(found.cells.size(), 1U);
  expect_sound(found.cells[0]);
  std::vector<std::string> injected;
  for (const auto& what : found.cells[0].blocks.at(0).injected) injected.push_back(what.name);
  EXPECT_THAT(injected, AllOf(Contains("kill server order"), Contains("start server order again"),
                              Contains("start server user-coupon again")));
}

TEST_F(PartsTest, GoOnWithTheOtherInstanceWhenOneIsKilled) {
  if (const auto found = environment::find_postgres(); !found) {
    GTEST_SKIP() << found.error().message;
  }
  const auto found =
      run_parts(experiment("http",
                           "processes: [[order, coupon], [user, product, user-coupon]]\n"
                           "instances: 2\n"
                           "faults:\n"
                           "  - {at: 10%, target: server product 2, kind: kill, duration: 3s}\n"
                           "  - {at: 70%, target: server coupon, kind: kill, duration: 1s}\n",
                           "6s",
                           "  store: {use: postgres, pool: {max: 8}}\n"
                           "  lock: {use: atomic, timeout: 10s}\n"));
  ASSERT_EQ(found.cells.size(), 1U);
  expect_sound(found.cells[0]);
  std::vector<std::string> injected;
  for (const auto& what : found.cells[0].blocks.at(0).injected) injected.push_back(what.name);
  EXPECT_THAT(injected, ElementsAre("kill server product 2", "start server product 2 again",
                                    "kill server coupon", "start server coupon again"));
  EXPECT_THAT(processes(found.cells[0]),
              AllOf(Contains("server order+coupon 2"),
                    Contains("server user+product+user-coupon 2"), Contains("postgres")));
  // While one product instance was away, orders were priced and sold by the other one.
  const auto& timeline = found.cells[0].blocks.at(0).timeline;
  ASSERT_GE(timeline.size(), 3U);
  EXPECT_GT(timeline[1].successes + timeline[2].successes, 0);
}

TEST_F(PartsTest, AreRefusedWhereTheyCannotBe) {
  const auto refused = [&](const std::string& yaml) {
    const auto ended = run_experiment(folder_, yaml);
    EXPECT_EQ(ended.status.code, 1) << ended.out << ended.error;
    return ended.error;
  };
  EXPECT_THAT(refused(experiment("inline", "processes: each")),
              AllOf(HasSubstr("transport.use"), HasSubstr("within one process")));
  EXPECT_THAT(refused(experiment("http", "processes: [[order, usr]]")),
              AllOf(HasSubstr("processes"), HasSubstr("did you mean \"user\"?")));
  EXPECT_THAT(refused(tiny_experiment("processes: each")), HasSubstr("needs topology: services"));
  EXPECT_THAT(refused(experiment("\"kafka\", brokers: embedded", "processes: each")),
              HasSubstr("several servers share none"));
}

}  // namespace
}  // namespace stampede::e2e
