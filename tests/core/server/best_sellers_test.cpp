// A server with a ranking: it hands on each order that was completed, and answers by what the
// ranking has; one that hosts no orders leaves the ranking alone.

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/calls/http_client.hpp"
#include "core/server/application.hpp"
#include "tests/core/ranking/kept_ranking.hpp"

namespace stampede::server {
namespace {

using ranking::testing::KeptRanking;

constexpr std::chrono::seconds kPatience{60};

class BestSellers : public ::testing::Test {
 protected:
  // `more`: further lines of the configuration.
  void start(const std::string& more) {
    config::Faults faults;
    const auto tree = config::parse_yaml(
        "server: {port: 0, workers: 2}\nhttp: {use: beast}\nadmin: true\nstore: {use: memory}\n"
        "ranking: {use: redis_zset, url: \"127.0.0.1:1\", every: 1ms}\n"
        "plugins: [" STAMPEDE_PLUGIN_DIR "]\n" +
            more,
        "server.yaml", faults);
    const auto parsed = parse_config(*tree, faults);
    ASSERT_TRUE(parsed) << config::describe(faults);
    auto plugins = Application::make_plugins(parsed->config, catalog_);
    ASSERT_TRUE(plugins) << plugins.error().message;
    auto kept = std::make_unique<KeptRanking>();
    ranking_ = kept.get();
    plugins->ranking = std::move(kept);
    auto started = Application::start(parsed->config, std::move(*plugins), *log_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }

  nlohmann::json get(const std::string& path) {
    return said(client_.get(url(path), Clock::now() + kPatience));
  }
  nlohmann::json post(const std::string& path, const std::string& body) {
    return said(client_.post(url(path), body, "", Clock::now() + kPatience));
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  static nlohmann::json said(const Result<calls::HttpAnswer>& answer) {
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? nlohmann::json::parse(answer->body, nullptr, false) : nlohmann::json();
  }

  plugin::Catalog catalog_{{STAMPEDE_PLUGIN_DIR}};
  std::unique_ptr<telemetry::Log> log_ =
      std::move(*telemetry::Log::open({.level = telemetry::LogLevel::kOff}));
  KeptRanking* ranking_ = nullptr;  // The server's.
  std::unique_ptr<Application> server_;
  calls::HttpClient client_;
};

TEST_F(BestSellers, FollowTheOrdersAndAnswer) {
  start("");
  post("/admin/seed", R"({"users":3,"balance":10000,"products":3,"stock":10,"price":100})");
  const auto order = post("/orders", R"({"userId":1,"items":[{"productId":2,"quantity":3}]})");
  ASSERT_EQ(order.value("status", ""), "COMPLETED") << order;
  const auto deadline = Clock::now() + kPatience;
  const auto ranked = [this] {
    const auto best = ranking_->best(TimePoint(), 10, Clock::now());
    return *best && (*best)->size() == 1 && (*best)->front().sold == 3;
  };
  while (!ranked()) ASSERT_LT(Clock::now(), deadline);
  // What only the ranking says, is told.
  const Sale sale{.product = ProductId{2}, .quantity = 500, .at = TimePoint()};
  auto position = ranking_->position(Clock::now());
  ASSERT_TRUE(position->at);
  ASSERT_TRUE(ranking_->add({.from = position->at, .to = *position->at, .sales = {&sale, 1}}, {}));
  EXPECT_EQ(get("/products/popular").at("items").at(0).at("sold"), 503);
}

TEST_F(BestSellers, AreLeftAloneWhereNoOrdersAre) {
  start("topology: services\nservices: [user]\ntransport: {use: http}\n");
  EXPECT_FALSE(get("/readyz").is_discarded());
  EXPECT_TRUE(ranking_->completes().empty());
}

}  // namespace
}  // namespace stampede::server
