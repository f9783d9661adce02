// The services topology from outside: the same API, answered by five services with a store each.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "tests/e2e/server.hpp"

namespace stampede::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json get_json(const Sale& sale, const std::string& path) {
  return json::parse(sale.send(testing::get(path)).body, nullptr, false);
}

bool is_quiet(const Sale& sale) { return get_json(sale, "/admin/quiet").value("quiet", false); }

struct Backing {
  std::string store;
  std::string transport;
};

std::ostream& operator<<(std::ostream& out, const Backing& backing) {
  return out << backing.store << " " << backing.transport;
}

class SagaTest : public ::testing::TestWithParam<Backing> {
 protected:
  json get(const std::string& path) const { return get_json(sale_, path); }
  bool quiet() const { return is_quiet(sale_); }

  Sale sale_{
      "topology: services\nlog: {requests: all, file: \"\"}\nstore: {use: " + GetParam().store +
      "}\ntransport: {use: " + GetParam().transport + "}\nsaga: {relay: {poll: 5ms}}\n"};
};

TEST_P(SagaTest, AnOrderIsAnsweredWithItsEndAndEveryServiceAgrees) {
  const auto placed = sale_.send(order(R"({"userId":1,"items":[{"productId":1,"quantity":2}]})"));
  ASSERT_EQ(placed.status, 201) << placed.body;
  const auto body = json::parse(placed.body);
  EXPECT_EQ(body.at("status"), "COMPLETED");
  const auto id = body.at("orderId").get<std::string>();
  EXPECT_EQ(get("/orders/" + id).at("status"), "COMPLETED");
  EXPECT_EQ(get("/users/1/balance").at("balance"), 1'000'000 - 200);
  EXPECT_EQ(get("/products/1").at("stock"), 98);
  EXPECT_TRUE(eventually([&] { return quiet(); }));
  const auto stats = get("/admin/stats").at("saga");
  EXPECT_EQ(stats.at("completed"), 1);
  EXPECT_EQ(stats.at("orderFinal").at("count"), 1);

  const auto traced =
      run(sale_.folder(), "stampede",
          {"trace", id, "--log", (sale_.folder().path() / "server" / "server.log")});
  EXPECT_EQ(traced.status.code, 0) << traced.error;
  for (const auto* step : {"POST /orders", "ORDER_PENDING", "PAYMENT_SUCCESSFUL", "STOCK_DECREASED",
                           "ORDER_COMPLETED", "user", "product"}) {
    EXPECT_THAT(traced.out, HasSubstr(step));
  }
}

TEST_P(SagaTest, ARefusalIsTheSameAsOfTheMonolith) {
  const auto short_of_stock =
      sale_.send(order(R"({"userId":1,"items":[{"productId":1,"quantity":101}]})"));
  EXPECT_EQ(short_of_stock.status, 409);
  EXPECT_EQ(code_of(short_of_stock), "INSUFFICIENT_STOCK");
  const auto unknown = sale_.send(order(R"({"userId":99,"items":[{"productId":1,"quantity":1}]})"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(code_of(unknown), "USER_NOT_FOUND");
  EXPECT_EQ(get("/products/1").at("stock"), 100);
}

TEST_P(SagaTest, AKeyIsWorthOneOrder) {
  const auto body = R"({"userId":2,"items":[{"productId":2,"quantity":1}]})";
  const auto first = sale_.send(order(body, "Idempotency-Key: k-1\r\n"));
  const auto again = sale_.send(order(body, "Idempotency-Key: k-1\r\n"));
  ASSERT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(json::parse(again.body).at("orderId"), json::parse(first.body).at("orderId"));
  EXPECT_EQ(get("/products/2").at("stock"), 99);
}

INSTANTIATE_TEST_SUITE_P(EachSynchronousTransport, SagaTest,
                         ::testing::Values(Backing{"memory", "inline"}, Backing{"sqlite", "inline"},
                                           Backing{"memory", "http"}, Backing{"sqlite", "http"}),
                         [](const auto& backing) {
                           return backing.param.store + "_" + backing.param.transport;
                         });

TEST(SagaOverABroker, AcceptsAtOnceAndEndsAMomentLater) {
  const Sale sale(
      "topology: services\nstore: {use: memory}\nlock: {timeout: 30s}\n"
      "transport: {use: kafka, brokers: embedded}\n");
  const auto body = R"({"userId":1,"items":[{"productId":1,"quantity":2}]})";
  const auto placed = sale.send(order(body, "Idempotency-Key: k-1\r\n"));
  ASSERT_EQ(placed.status, 202) << placed.body;
  const auto accepted = json::parse(placed.body);
  EXPECT_EQ(accepted.at("status"), "PENDING");
  const auto path = "/orders/" + accepted.at("orderId").get<std::string>();
  EXPECT_TRUE(eventually([&] { return get_json(sale, path).at("status") == "COMPLETED"; }));
  EXPECT_TRUE(eventually([&] { return is_quiet(sale) && is_quiet(sale); }));
  EXPECT_EQ(get_json(sale, "/users/1/balance").at("balance"), 1'000'000 - 200);
  EXPECT_EQ(get_json(sale, "/products/1").at("stock"), 98);
  const auto again = sale.send(order(body, "Idempotency-Key: k-1\r\n"));
  EXPECT_EQ(again.status, 201) << again.body;
}

}  // namespace
}  // namespace stampede::e2e
