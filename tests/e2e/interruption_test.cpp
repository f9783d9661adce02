// What an experiment survives: Ctrl-C, and servers that die.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <string>

#include "experiments/environment/http_client.hpp"
#include "experiments/report/result_file.hpp"
#include "tests/e2e/experiment.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The run's folder, once there is one.
fs::path run_folder(const Folder& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.path() / "results" / "tiny", ignored)) {
    return entry.path();
  }
  return {};
}

// Where the server of a cell's first block listens, from its log; "" until it does.
std::string server_url(const Folder& folder, const std::string& cell) {
  const auto log = read_text(run_folder(folder) / "cells" / cell / "1" / "server.log");
  const auto started = log.find("\"event\":\"started\"");
  if (started == std::string::npos) return {};
  const auto line_begin = log.rfind('\n', started) + 1;
  const auto line = log.substr(line_begin, log.find('\n', started) - line_begin);
  const auto event = nlohmann::json::parse(line, nullptr, false);
  if (!event.is_object()) return {};
  return "http://127.0.0.1:" + std::to_string(event.value("port", 0));
}

// Whether that server has taken orders, which is when its load has begun.
bool takes_orders(const std::string& url) {
  if (url.empty()) return false;
  environment::HttpClient client(url);
  const auto answer = client.get("/metrics", std::chrono::seconds(5));
  return answer && answer->body.find("route=\"POST /orders\"") != std::string::npos;
}

bool has_orders_in_flight(const std::string& url) {
  if (url.empty()) return false;
  environment::HttpClient client(url);
  const auto answer = client.get("/admin/quiet", std::chrono::seconds(5));
  return answer && answer->body.find("\"quiet\":false") != std::string::npos;
}

pid_t server_of(const Folder& folder, const std::string& cell) {
  const auto config = run_folder(folder) / "cells" / cell / "1" / "server.yaml";
  const auto found = processes_naming(config);
  return found.empty() ? 0 : found.front();
}

// The first of the two cells to be under load; "" when neither is.
std::string loaded_cell(const Folder& folder) {
  for (const auto* cell : {"memory", "sqlite"}) {
    if (server_of(folder, cell) > 0 && takes_orders(server_url(folder, cell))) return cell;
  }
  return {};
}

// A cell that ends at once, and one that would go on for an hour. With this seed "memory", the
// quick one, is first.
std::string quick_and_endless() {
  return "experiment: tiny\n"
         "base: {server: {workers: 8}, lock: {use: per_user, timeout: 20s},\n"
         "       orders: {payment: {placement: before_lock, latency: 10ms}}}\n"
         "data: {users: 50, products: 3, stock: 1000000}\n"
         "load: {executor: constant-vus, vus: 4, duration: 300ms, mix: {order: 100}}\n"
         "variants:\n"
         "  memory: {store: {use: memory}}\n"
         "  sqlite: {store: {use: sqlite}, load.duration: 1h}\n"
         "blocks: 1\n"
         "seed: 1\n";
}

TEST(InterruptionTest, KeepsFinishedCellsAndLeavesNoServerBehind) {
  const Folder folder;
  Program stampede(folder, "stampede", run_arguments(folder, quick_and_endless()));
  ASSERT_TRUE(eventually([&] { return takes_orders(server_url(folder, "sqlite")); }))
      << stampede.error();
  ASSERT_THAT(stampede.error(), HasSubstr("[1/2] memory, block 1: "));
  ASSERT_EQ(::kill(stampede.pid(), SIGINT), 0);
  const auto ended = stampede.end();
  EXPECT_EQ(ended.status.code, 2) << ended.out << ended.error;
  EXPECT_THAT(processes_naming(folder.path()), IsEmpty());
  const auto result = report::read_result(folder.path() / "results" / "latest" / "run.json");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->interrupted);
  EXPECT_EQ(result->exit_code, 2);
  EXPECT_EQ(result->cells[0].state, report::State::kDone);
  EXPECT_GT(result->cells[0].summary.tps, 0);
  EXPECT_EQ(result->cells[1].state, report::State::kMissing);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("memory"), HasSubstr("interrupted")));
}

// Requests in flight get their time when a load ends as planned, not when its user wants to leave.
TEST(InterruptionTest, DoesNotWaitForSlowRequests) {
  const Folder folder;
  Program stampede(folder, "stampede",
                   run_arguments(folder, quick_and_endless(),
                                 {"--only", "sqlite", "--set", "orders.payment.latency=1h", "--set",
                                  "load.gracefulStop=1h", "--set", "load.timeout=1h"}));
  ASSERT_TRUE(eventually([&] { return has_orders_in_flight(server_url(folder, "sqlite")); }))
      << stampede.error();
  ASSERT_EQ(::kill(stampede.pid(), SIGINT), 0);
  EXPECT_EQ(stampede.end().status.code, 2);
  EXPECT_THAT(processes_naming(folder.path()), IsEmpty());
}

// So that what is left of a bench that was killed does not look like a passed run.
TEST(InterruptionTest, AKilledBenchLeavesAnInterruptedRunAndNoServer) {
  const Folder folder;
  Program stampede(folder, "stampede", run_arguments(folder, quick_and_endless()));
  ASSERT_TRUE(eventually([&] { return takes_orders(server_url(folder, "sqlite")); }))
      << stampede.error();
  ASSERT_EQ(::kill(stampede.pid(), SIGKILL), 0);
  EXPECT_EQ(stampede.end().status.signal, SIGKILL);
  EXPECT_TRUE(eventually([&] { return processes_naming(folder.path()).empty(); }));
  const auto result = report::read_result(folder.path() / "results" / "latest" / "run.json");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->interrupted);
  EXPECT_EQ(result->exit_code, 2);
  EXPECT_EQ(result->cells[0].blocks.size(), 1U);
}

TEST(InterruptionTest, GoesOnWithTheOtherCellsWhenAServerDies) {
  const Folder folder;
  Program stampede(folder, "stampede",
                   run_arguments(folder, tiny_experiment("blocks: 1", "duration: 3s")));
  std::string victim;
  ASSERT_TRUE(eventually([&] { return !(victim = loaded_cell(folder)).empty(); }));
  ASSERT_EQ(::kill(server_of(folder, victim), SIGKILL), 0);
  const auto ended = stampede.end();
  EXPECT_EQ(ended.status.code, 2) << ended.out << ended.error;
  const auto result = report::read_result(folder.path() / "results" / "latest" / "run.json");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->cells.size(), 2U);
  for (const auto& cell : result->cells) {
    SCOPED_TRACE(cell.name);
    ASSERT_EQ(cell.blocks.size(), 1U);
    if (cell.name != victim) {
      EXPECT_EQ(cell.state, report::State::kDone);
      EXPECT_GT(cell.summary.tps, 0);
      continue;
    }
    EXPECT_EQ(cell.state, report::State::kFailed);
    EXPECT_THAT(cell.blocks[0].failure,
                AllOf(HasSubstr("signal 9"), HasSubstr("its last log lines:\n{")));
  }
  EXPECT_THAT(ended.out, HasSubstr("signal 9"));
  EXPECT_THAT(processes_naming(folder.path()), IsEmpty());
}

}  // namespace
}  // namespace stampede::e2e
