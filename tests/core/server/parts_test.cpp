// Services in several servers, which all live in this process and reach each other over real
// listeners: whole applications, but for the programs around them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/calls/http_client.hpp"
#include "core/server/application.hpp"
#include "experiments/environment/free_port.hpp"

namespace stampede::server {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::seconds kPatience{60};

plugin::Catalog& catalog() {
  static plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
  return catalog;
}

struct Said {
  int status = 0;
  json body;
};

class Parts : public ::testing::Test {
 protected:
  // One group of services for each server; "order, user".
  void lay_out(const std::vector<std::string>& groups) {
    for (const auto& group : groups) {
      const auto port = environment::free_port();
      ASSERT_TRUE(port) << port.error().message;
      ports_[group] = static_cast<std::uint16_t>(*port);
    }
  }

  void start(const std::string& group, const std::string& more = "",
             const std::string& timeout = "20s") {
    std::string peers;
    for (const auto& [other, port] : ports_) {
      if (other == group) continue;
      peers += (peers.empty() ? "" : ", ") + address(port);
    }
    config::Faults faults;
    const auto tree = config::parse_yaml(
        "topology: services\nservices: [" + group + "]\nservice_listener: {port: " +
            std::to_string(ports_.at(group)) + "}\npeers: [" + peers +
            "]\nserver: {port: 0, workers: 4}\nhttp: {use: beast}\nadmin: true\n"
            "store: {use: memory}\ntransport: {use: http}\nsaga: {relay: {poll: 5ms}}\n"
            "lock: {timeout: " +
            timeout + "}\nplugins: [" STAMPEDE_PLUGIN_DIR "]\n" + more,
        "server.yaml", faults);
    const auto parsed = parse_config(*tree, faults);
    ASSERT_TRUE(parsed) << config::describe(faults);
    auto plugins = Application::make_plugins(parsed->config, catalog());
    ASSERT_TRUE(plugins) << plugins.error().message;
    if (!has_door_) plugins->transport = std::move(*catalog().create<Transport>("inline"));
    auto started = Application::start(parsed->config, std::move(*plugins), *log_);
    ASSERT_TRUE(started) << started.error().message;
    servers_[group] = std::move(*started);
    const auto seeded = ask(group, "/admin/seed", R"({"users":3,"balance":10000,"products":3,
      "stock":10,"price":100,"coupons":[{"discount":{"kind":"percent","value":10},"total":5,
      "heldBy":1}]})");
    ASSERT_EQ(seeded.status, 201) << seeded.body;
  }

  static std::string address(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port);
  }

  // A GET, unless there is a body.
  Said ask(const std::string& group, const std::string& path, const std::string& body = "") {
    const auto url = address(servers_.at(group)->port()) + path;
    const auto deadline = Clock::now() + kPatience;
    const auto answer =
        body.empty() ? client_.get(url, deadline) : client_.post(url, body, "", deadline);
    EXPECT_TRUE(answer) << answer.error().message;
    if (!answer) return {};
    return {answer->status, json::parse(answer->body, nullptr, false)};
  }

  void wait_until_ready() {
    for (const auto& [group, server] : servers_) {
      const auto deadline = Clock::now() + kPatience;
      while (ask(group, "/readyz").status != 200) ASSERT_LT(Clock::now(), deadline) << group;
    }
  }

  bool all_quiet() {
    for (const auto& [group, server] : servers_) {
      if (!ask(group, "/admin/quiet").body.value("quiet", false)) return false;
    }
    return true;
  }

  static std::unique_ptr<telemetry::Log> silent() {
    telemetry::LogOptions options;
    options.level = telemetry::LogLevel::kOff;
    return std::move(*telemetry::Log::open(options));
  }

  bool has_door_ = true;  // The transport reaches others over HTTP.
  std::unique_ptr<telemetry::Log> log_ = silent();
  std::map<std::string, std::uint16_t> ports_;
  std::map<std::string, std::unique_ptr<Application>> servers_;
  calls::HttpClient client_;
};

constexpr auto kOrder = R"({"userId":1,"items":[{"productId":1,"quantity":2}],"couponId":1})";

TEST_F(Parts, AnOrderEndsAcrossFiveServersBeforeItIsAnswered) {
  lay_out({"order", "user", "product", "coupon", "user-coupon"});
  for (const auto& [group, port] : ports_) start(group);
  wait_until_ready();
  const auto placed = ask("order", "/orders", kOrder);
  ASSERT_EQ(placed.status, 201) << placed.body;
  EXPECT_EQ(placed.body.at("status"), "COMPLETED");
  EXPECT_EQ(placed.body.at("total"), 180);
  EXPECT_EQ(ask("user", "/users/1/balance").body.at("balance"), 10'000 - 180);
  EXPECT_EQ(ask("product", "/products/1").body.at("stock"), 8);
  const auto deadline = Clock::now() + kPatience;
  while (!all_quiet() || !all_quiet()) ASSERT_LT(Clock::now(), deadline);
  const auto held = ask("user-coupon", "/users/1/coupons").body.at("items").at(0);
  EXPECT_EQ(held.at("status"), "USED");
  EXPECT_EQ(ask("order", "/admin/stats").body.at("saga").at("services").size(), 1U);

  const auto again = ask("order", "/orders", kOrder);
  EXPECT_EQ(again.body.value("code", ""), "COUPON_NOT_USABLE") << again.body;
  const auto unknown =
      ask("order", "/orders", R"({"userId":1,"items":[{"productId":99,"quantity":1}]})");
  EXPECT_EQ(unknown.body.value("code", ""), "PRODUCT_NOT_FOUND") << unknown.body;
}

TEST_F(Parts, WhatIsHostedElsewhereIsRefusedAndSaysWhatIsHere) {
  lay_out({"order, user", "product, coupon, user-coupon"});
  for (const auto& [group, port] : ports_) start(group);
  wait_until_ready();
  EXPECT_EQ(ask("order, user", "/orders", kOrder).status, 201);
  const auto elsewhere = ask("order, user", "/products/1");
  EXPECT_EQ(elsewhere.status, 421);
  EXPECT_EQ(elsewhere.body.at("code"), "NOT_HOSTED");
  EXPECT_EQ(elsewhere.body.at("detail"), "The product service answers this; here are: order, user");
  const auto order = ask("product, coupon, user-coupon", "/orders", kOrder);
  EXPECT_EQ(order.body.value("code", ""), "NOT_HOSTED");
  EXPECT_EQ(ask("product, coupon, user-coupon", "/admin/orders").status, 421);
  EXPECT_EQ(ask("product, coupon, user-coupon", "/admin/products").status, 200);
}

TEST_F(Parts, AServerWithoutItsPeersStartsAndSaysWhoIsMissing) {
  lay_out({"order, user, coupon, user-coupon", "product"});
  const std::string most = "order, user, coupon, user-coupon";
  start(most);
  const auto ready = ask(most, "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body.at("detail"), "No answer from other processes' services: product");
  const auto refused = ask(most, "/orders", kOrder);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body.at("code"), "UNAVAILABLE");
  EXPECT_EQ(refused.body.at("detail"), "no answer from the product service");
  EXPECT_THAT(refused.body.dump(), Not(HasSubstr("127.0.0.1")));
  start("product");
  wait_until_ready();
  EXPECT_EQ(ask(most, "/orders", kOrder).status, 201) << "the coupon was not kept for the first";
}

TEST_F(Parts, AnOrderEndsAlthoughAPeerThatNobodyNeedsNeverComes) {
  lay_out({"order, user", "product, coupon, user-coupon", "nobody"});
  for (const auto* group : {"order, user", "product, coupon, user-coupon"}) start(group);
  wait_until_ready();
  const auto placed = ask("order, user", "/orders", kOrder);
  ASSERT_EQ(placed.status, 201) << placed.body;
  EXPECT_EQ(placed.body.at("status"), "COMPLETED");
  const auto deadline = Clock::now() + kPatience;
  const std::string others = "product, coupon, user-coupon";
  const auto is_used = [&] {
    const auto held = ask(others, "/users/1/coupons").body.at("items").at(0);
    return held.at("status") == "USED";
  };
  while (!is_used()) ASSERT_LT(Clock::now(), deadline);
  EXPECT_EQ(ask(others, "/products/1").body.at("stock"), 8);
  EXPECT_FALSE(all_quiet()) << "he who never comes may want what the outboxes keep";
}

TEST_F(Parts, OnlyThoseThatAreCalledAreMissedWhereEventsTravelByABroker) {
  has_door_ = false;
  const std::map<std::string, std::string> missed{{"order", "product, coupon"},
                                                  {"coupon", "order"},
                                                  {"user", ""},
                                                  {"product, user-coupon", ""}};
  for (const auto& [group, services] : missed) {
    ports_.clear();
    lay_out({group, "nobody"});
    start(group);
    const auto ready = ask(group, "/readyz");
    EXPECT_EQ(ready.status, services.empty() ? 200 : 503) << group;
    if (services.empty()) continue;
    EXPECT_EQ(ready.body.at("detail"), "No answer from other processes' services: " + services);
  }
}

TEST_F(Parts, AllAreMissedWhereEventsTravelFromServerToServer) {
  lay_out({"user", "nobody"});
  start("user");
  const auto ready = ask("user", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body.at("detail"),
            "No answer from other processes' services: order, product, coupon, user-coupon");
}

TEST_F(Parts, AServerThatWasAwayIsCaughtUpWith) {
  lay_out({"order, product, coupon, user-coupon", "user"});
  const std::string most = "order, product, coupon, user-coupon";
  start(most, "saga.timeout: 1m\n", "1s");
  start("user");
  wait_until_ready();
  ASSERT_EQ(ask(most, "/orders", kOrder).status, 201);
  servers_.erase("user");
  // Accepted, since neither the price nor the coupon is the user service's, and not paid.
  const auto pending = client_.post(address(servers_.at(most)->port()) + "/orders",
                                    R"({"userId":2,"items":[{"productId":1,"quantity":1}]})", "",
                                    Clock::now() + kPatience);
  ASSERT_TRUE(pending);
  ASSERT_EQ(pending->status, 202) << pending->body;
  start("user");
  const auto id = json::parse(pending->body).at("orderId").get<std::string>();
  const auto deadline = Clock::now() + kPatience;
  while (ask(most, "/orders/" + id).body.value("status", "") != "COMPLETED") {
    ASSERT_LT(Clock::now(), deadline);
  }
}

}  // namespace
}  // namespace stampede::server
