// A sale over HTTP, through both front doors and both embedded stores.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "tests/e2e/server.hpp"

namespace stampede::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kOrder = R"({"userId":1,"items":[{"productId":1,"quantity":2}]})";
constexpr const char* kOtherOrder = R"({"userId":1,"items":[{"productId":1,"quantity":3}]})";

class FrontDoorTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  static std::string config(const std::string& more = "") {
    const auto& [front_door, store] = GetParam();
    return "http: {use: " + front_door + "}\nstore: {use: " + store +
           "}\nlock: {use: per_user, timeout: 60s}\n" + more;
  }
};

TEST_P(FrontDoorTest, AnswersARepeatedKeyAsTheFirstTime) {
  const Sale sale(config());
  const auto first = sale.send(order(kOrder, "Idempotency-Key: k1\r\n"));
  EXPECT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(first.header("Idempotent-Replayed"), "");
  const auto again = sale.send(order(kOrder, "Idempotency-Key: k1\r\n"));
  EXPECT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  const auto other = sale.send(order(kOtherOrder, "Idempotency-Key: k1\r\n"));
  EXPECT_EQ(other.status, 422) << other.body;
  EXPECT_EQ(code_of(other), "REQUEST_KEY_REUSED");
  const auto product = json::parse(sale.send(testing::get("/api/v1/products/1")).body);
  EXPECT_EQ(product.at("stock"), 98);
}

TEST_P(FrontDoorTest, AnswersUnderEveryPrefixWithCorrelationAndTimes) {
  const Sale sale(config());
  for (const auto* prefix : {"/api/v1", "/api", ""}) {
    const auto response =
        sale.send(testing::post(std::string(prefix) + "/orders", kOrder,
                                std::string(kJson) + "X-Correlation-Id: trace-7\r\n"));
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(response.header("X-Correlation-Id"), "trace-7");
    EXPECT_THAT(response.header("Server-Timing"), HasSubstr("dur="));
    EXPECT_NE(response.header("X-Stampede-Received"), "");
  }
  const auto order_id = json::parse(sale.send(order(kOrder)).body).at("orderId").get<std::string>();
  const auto found = sale.send(testing::get("/api/v1/orders/" + order_id));
  EXPECT_EQ(found.status, 200) << found.body;
  EXPECT_NE(found.header("X-Correlation-Id"), "");
  const auto balance = json::parse(sale.send(testing::get("/api/v1/users/1/balance")).body);
  EXPECT_EQ(balance.at("balance"), 1'000'000 - 4 * 200);
}

TEST_P(FrontDoorTest, AnswersHealthAndMetrics) {
  const Sale sale(config());
  sale.send(order(kOrder));
  EXPECT_EQ(sale.send(testing::get("/healthz")).status, 200);
  EXPECT_EQ(sale.send(testing::get("/readyz")).status, 200);
  const auto page = sale.send(testing::get("/metrics"));
  EXPECT_EQ(page.status, 200);
  for (const auto* series :
       {"stampede_request_duration_seconds_count{route=\"POST /orders\",outcome=\"OK\"} 1",
        "stampede_phase_duration_seconds_count{phase=\"lock\"}", "stampede_queue_depth",
        "stampede_workers", "stampede_retries_total", "stampede_pool_connections",
        "stampede_lock_hold_seconds_count"}) {
    EXPECT_THAT(page.body, HasSubstr(series));
  }
}

// One worker and one place in the queue, for eight orders whose payment takes its time.
TEST_P(FrontDoorTest, RefusesWhatItCannotTakeAtOnceAndRecovers) {
  Sale sale(
      config("server: {workers: 1, queue: 1}\n"
             "orders: {payment: {placement: before_lock, latency: 1s}}\n"));
  std::vector<testing::RawClient> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(sale.port()).send(order(kOrder));
  EXPECT_EQ(sale.send(testing::get("/healthz")).status, 200);
  EXPECT_EQ(sale.send(testing::get("/metrics")).status, 200);
  int completed = 0;
  int refused = 0;
  for (auto& client : clients) {
    const auto answer = client.receive(kPatience);
    ASSERT_TRUE(answer);
    if (answer->status == 201) {
      ++completed;
      continue;
    }
    EXPECT_EQ(answer->status, 503) << answer->body;
    EXPECT_EQ(code_of(*answer), "OVERLOADED");
    EXPECT_NE(answer->header("Retry-After"), "");
    ++refused;
  }
  EXPECT_GE(completed, 1);
  EXPECT_GE(refused, 1);
  EXPECT_EQ(sale.send(order(kOrder)).status, 201);
  const auto product = json::parse(sale.send(testing::get("/api/v1/products/1")).body);
  EXPECT_EQ(product.at("stock"), 100 - 2 * (completed + 1)) << "a refused order took stock";
}

TEST_P(FrontDoorTest, AnswersWhatItTookBeforeItStops) {
  Sale sale(config("orders: {payment: {placement: before_lock, latency: 1s}}\n"));
  testing::RawClient client(sale.port());
  client.send(order(kOrder));
  ASSERT_TRUE(eventually([&] {
    const auto page = sale.server().admin_page("/admin/quiet");
    return page && page->find("\"quiet\":false") != std::string::npos;
  }));
  ASSERT_EQ(::kill(sale.server().pid(), SIGTERM), 0);
  const auto answer = client.receive(kPatience);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 201) << answer->body;
  EXPECT_TRUE(eventually([&] { return !sale.server().alive(); }));
  const auto ended = sale.server().stop(kPatience);
  EXPECT_TRUE(ended.ok()) << environment::describe(ended) << sale.server().obituary();
}

INSTANTIATE_TEST_SUITE_P(All, FrontDoorTest,
                         ::testing::Combine(::testing::Values("pistache", "beast"),
                                            ::testing::Values("memory", "sqlite")),
                         [](const auto& instance) {
                           return std::get<0>(instance.param) + "_" + std::get<1>(instance.param);
                         });

}  // namespace
}  // namespace stampede::e2e
