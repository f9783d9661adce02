// The real program: its command line, its exit codes, its first line, and how it stops.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/contract/raw_client.hpp"
#include "tests/core/server/server_process.hpp"

namespace stampede::server {
namespace {

using testing::RawClient;
using testing::ServerProcess;

class ServerProcessTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 ("stampede-server-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // `--config FILE` with this text.
  std::vector<std::string> arguments(const std::string& config,
                                     const std::vector<std::string>& more = {}) {
    const auto file = directory_ / "server.yaml";
    std::ofstream(file) << config;
    std::vector<std::string> all{"--config", file.string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  static std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  static std::string post(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  static ::testing::AssertionResult seeded(std::uint16_t port) {
    RawClient client(port);
    client.send(
        post("/admin/seed", R"({"users":10,"balance":1000,"products":1,"stock":10,"price":1})"));
    const auto reply = client.receive();
    if (reply && reply->status == 201) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << (reply ? reply->body : "no answer");
  }

  // Asks until as many requests are on their way, for a bounded time.
  static bool wait_for_in_flight(std::uint16_t port, int count) {
    RawClient client(port);
    const auto wanted = "\"inFlight\":" + std::to_string(count) + ",";
    const auto deadline = RawClient::Clock::now() + RawClient::kPatience;
    while (RawClient::Clock::now() < deadline) {
      client.send(get("/admin/quiet"));
      const auto reply = client.receive();
      if (!reply) return false;
      if (reply->body.find(wanted) != std::string::npos) return true;
    }
    return false;
  }

  // A sale whose orders take as long as the payment does.
  std::string slow_sale(const std::string& latency, const std::string& drain) const {
    return "store: {use: memory}\nadmin: true\nhttp: {use: " + GetParam() +
           "}\nserver: {port: 0, drain_timeout: " + drain +
           "}\nlock: {use: per_user, timeout: 1h}\n"
           "orders: {payment: {placement: before_lock, latency: " +
           latency + "}}\n";
  }
  static constexpr auto kOrder = R"({"userId":1,"items":[{"productId":1,"quantity":1}]})";

  std::filesystem::path directory_;
};

TEST_P(ServerProcessTest, AnswersWhatIsInFlightWhenItIsToldToStop) {
  ServerProcess server(directory_, arguments(slow_sale("1s", "30s")));
  const auto port = server.port();
  ASSERT_NE(port, 0) << server.errors();
  ASSERT_TRUE(seeded(port));
  RawClient client(port);
  client.send(post("/orders", kOrder));
  ASSERT_TRUE(wait_for_in_flight(port, 1));
  server.signal(SIGTERM);
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 201) << reply->body;
  EXPECT_EQ(server.wait(), 0) << server.errors();
  EXPECT_NE(server.errors().find("\"event\":\"stopped\""), std::string::npos) << server.errors();
}

TEST_P(ServerProcessTest, GivesUpOnWhatIsStuckAtTheDrainDeadline) {
  ServerProcess server(directory_, arguments(slow_sale("1h", "100ms")));
  const auto port = server.port();
  ASSERT_NE(port, 0) << server.errors();
  ASSERT_TRUE(seeded(port));
  RawClient client(port);
  client.send(post("/orders", kOrder));
  ASSERT_TRUE(wait_for_in_flight(port, 1));
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 0) << server.errors();
  EXPECT_NE(server.errors().find("drain deadline passed"), std::string::npos) << server.errors();
}

TEST_P(ServerProcessTest, EndsAtOnceAtTheSecondSignal) {
  ServerProcess server(directory_, arguments(slow_sale("1h", "1h")));
  const auto port = server.port();
  ASSERT_NE(port, 0) << server.errors();
  ASSERT_TRUE(seeded(port));
  RawClient client(port);
  client.send(post("/orders", kOrder));
  ASSERT_TRUE(wait_for_in_flight(port, 1));
  server.signal(SIGTERM);
  // It says so once the first signal has been taken.
  const auto deadline = RawClient::Clock::now() + RawClient::kPatience;
  while (server.errors().find("\"event\":\"stopping\"") == std::string::npos) {
    ASSERT_LT(RawClient::Clock::now(), deadline);
  }
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 128 + SIGTERM);
}

INSTANTIATE_TEST_SUITE_P(FrontDoors, ServerProcessTest, ::testing::Values("pistache", "beast"),
                         [](const auto& front_door) { return front_door.param; });

using CommandLineTest = ServerProcessTest;

TEST_F(CommandLineTest, ReportsEveryFaultAndExitsWithOne) {
  ServerProcess server(directory_, arguments("server: {prot: 1}\nstore: {use: memory}\n",
                                             {"--set", "lock.use=nothing_like_it"}));
  EXPECT_EQ(server.wait(), 1);
  const auto file = (directory_ / "server.yaml").string();
  EXPECT_NE(server.errors().find(file + ":1: server.prot: unknown key; did you mean \"port\"?"),
            std::string::npos)
      << server.errors();
  EXPECT_NE(server.errors().find("--set: lock.use: "), std::string::npos) << server.errors();
  EXPECT_EQ(server.output(), "");
}

TEST_F(CommandLineTest, ChecksAndPrintsWithoutStarting) {
  ServerProcess server(directory_, arguments("store: {use: memory}\n",
                                             {"--set", "server.workers=3", "--print-config"}));
  EXPECT_EQ(server.wait(), 0) << server.errors();
  EXPECT_NE(server.output().find("workers: 3\n"), std::string::npos) << server.output();
  EXPECT_EQ(server.output().find("listening"), std::string::npos);
  ServerProcess checked(directory_, arguments("store: {use: memory}\n", {"--check-config"}));
  EXPECT_EQ(checked.wait(), 0) << checked.errors();
  EXPECT_EQ(checked.output(), "");
}

TEST_F(CommandLineTest, RefusesAFileThatIsNotThereAndAnUnknownOption) {
  ServerProcess missing(directory_, {"--config", "/proc/nowhere.yaml"});
  EXPECT_EQ(missing.wait(), 1);
  EXPECT_NE(missing.errors().find("/proc/nowhere.yaml"), std::string::npos) << missing.errors();
  ServerProcess unknown(directory_, {"--confg", "x"});
  EXPECT_EQ(unknown.wait(), 1);
  EXPECT_NE(unknown.errors().find("--confg"), std::string::npos) << unknown.errors();
}

TEST_F(CommandLineTest, ExitsWithTwoWhenThePortIsTaken) {
  ServerProcess first(directory_, arguments("store: {use: memory}\nserver: {port: 0}\n"));
  const auto port = std::to_string(first.port());
  ServerProcess second(directory_,
                       arguments("store: {use: memory}\nserver: {port: " + port + "}\n"));
  EXPECT_EQ(second.wait(), 2);
  EXPECT_NE(second.errors().find(port), std::string::npos) << second.errors();
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait(), 0);
}

}  // namespace
}  // namespace stampede::server
