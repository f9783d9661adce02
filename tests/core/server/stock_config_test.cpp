// The part of the configuration that is about hot deals, and what does not go together.

#include "core/server/stock_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/config/dotted.hpp"

namespace stampede::server {
namespace {

using ::testing::HasSubstr;

std::optional<ParsedConfig> parse(const std::string& text, config::Faults& faults) {
  const auto tree = config::parse_yaml(
      text + "store: {use: memory}\nplugins: [" STAMPEDE_PLUGIN_DIR "]\n", "server.yaml", faults);
  return tree ? parse_config(*tree, faults) : std::nullopt;
}

ParsedConfig parsed(const std::string& text) {
  config::Faults faults;
  auto config = parse(text, faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return config.value_or(ParsedConfig{});
}

std::string faults_of(const std::string& text) {
  config::Faults faults;
  EXPECT_FALSE(parse(text, faults));
  return config::describe(faults);
}

TEST(StockConfig, TakesAGateItsDealsAndHowOrdersAreWritten) {
  const auto config = parsed(R"(
stock: {gate: {use: redis_lua, url: "127.0.0.1:6379"}, deals: 3, sweep: {interval: 2s, age: 30s}}
orders: {write: queued}
transport: {use: inline, key: product}
)");
  EXPECT_EQ(config.config.stock_gate.use, "redis_lua");
  EXPECT_EQ(config.config.stock.deals, 3);
  EXPECT_EQ(config.config.stock.write, stock::Write::kQueued);
  EXPECT_EQ(config.config.stock.key, saga::EventKey::kProduct);
  EXPECT_EQ(config.config.stock.sweep_interval, std::chrono::seconds(2));
  EXPECT_EQ(config.config.stock.sweep_age, std::chrono::seconds(30));
  EXPECT_EQ(config.stock_gate_sharing, Sharing::kNetwork);
  EXPECT_EQ(config.printable.at("stock.gate.prefix")->scalar, "stampede:gate:");
  EXPECT_EQ(config.printable.at("orders.write")->scalar, "queued");
}

TEST(StockConfig, HasNoGateUnlessOneIsChosen) {
  const auto config = parsed("");
  EXPECT_EQ(config.config.stock_gate.use, "store");
  EXPECT_EQ(config.config.stock.write, stock::Write::kSync);
  EXPECT_EQ(config.printable.at("stock.gate.use")->scalar, "store");
  EXPECT_EQ(parsed("stock: {gate: {use: memory}}\n").stock_gate_sharing, Sharing::kProcess);
}

TEST(StockConfig, NamesWhatIsWrong) {
  EXPECT_THAT(faults_of("stock: {gates: {use: memory}}\n"),
              HasSubstr("server.yaml:1: stock.gates: unknown key; did you mean \"gate\"?"));
  EXPECT_THAT(
      faults_of("stock: {gate: {use: redis_list, url: \"a:1\"}}\n"),
      HasSubstr("stock.gate.use: gate redis_list can lose what it has granted; expected one "
                "that is exact: memory or redis_lua"));
  EXPECT_THAT(faults_of("stock: {gate: {url: \"a:1\"}}\n"),
              HasSubstr("choose a gate by stock.gate.use"));
  EXPECT_THAT(faults_of("stock: {deals: 2}\n"),
              HasSubstr("stock.deals: expected 0 without a gate"));
}

TEST(StockConfig, QueuesOrdersOnlyBehindAGateAndWithoutAPayment) {
  EXPECT_THAT(faults_of("orders: {write: queued}\n"),
              HasSubstr("orders.write: expected sync without a gate"));
  EXPECT_THAT(faults_of("stock: {gate: {use: memory}}\n"
                        "orders: {write: queued, payment: {placement: before_lock}}\n"),
              HasSubstr("orders.payment.placement: expected none with orders.write: queued"));
}

TEST(StockConfig, RefusesASweepOfGrantsThatARequestMayStillBeAtWorkOn) {
  const std::string gate = "stock: {gate: {use: memory}, sweep: {age: 10s}}\n";
  EXPECT_THAT(faults_of(gate + "lock: {use: atomic, timeout: 10s}\n"),
              HasSubstr("server.yaml:1: stock.sweep.age: expected more than 10s, which a request "
                        "may take by lock.timeout, got 10s"));
  EXPECT_THAT(faults_of(gate + "lock: {use: atomic, timeout: 8s}\n"
                               "orders: {payment: {placement: before_lock, latency: 1500ms, "
                               "jitter: 500ms}}\n"),
              HasSubstr("stock.sweep.age: expected more than 10s, which a request may take by "
                        "lock.timeout, orders.payment.latency and orders.payment.jitter, got 10s"));
  EXPECT_EQ(faults_of("stock: {gate: {use: memory}, sweep: {age: soon}}\n"
                      "lock: {use: atomic, timeout: 10s}\n"),
            "server.yaml:1: stock.sweep.age: expected a duration such as 500ms or 1m30s, got "
            "\"soon\"\n");
  EXPECT_EQ(parsed(gate + "lock: {use: atomic, timeout: 9s}\n").config.stock.sweep_age,
            std::chrono::seconds(10));
}

TEST(StockConfig, SweepsLaterOfItselfWhereRequestsMayTakeLonger) {
  const std::string gate = "stock: {gate: {use: memory}}\n";
  EXPECT_EQ(parsed(gate).config.stock.sweep_age, std::chrono::seconds(10));
  const auto patient = parsed(gate + "lock: {use: atomic, timeout: 30s}\n");
  EXPECT_EQ(patient.config.stock.sweep_age, std::chrono::seconds(35));
  EXPECT_EQ(patient.printable.at("stock.sweep.age")->scalar, "35s");
  EXPECT_EQ(parsed(gate + "lock: {use: atomic, timeout: 24h}\n").config.stock.sweep_age,
            std::chrono::hours(24) + std::chrono::seconds(5));
}

TEST(StockConfig, LeavesTheAgeOfASweepAloneWhereNothingIsSwept) {
  EXPECT_EQ(parsed("lock: {use: atomic, timeout: 30s}\nstock: {sweep: {age: 1s}}\n")
                .config.stock.sweep_age,
            std::chrono::seconds(1));
  // What a sweep of coupons publishes twice is issued once.
  EXPECT_EQ(parsed("lock: {use: atomic, timeout: 30s}\n"
                   "coupon: {gate: {use: memory}, sweep: {age: 1s}}\n")
                .config.issuing.sweep_age,
            std::chrono::seconds(1));
}

TEST(RankingConfig, TakesARankingOrLeavesItToTheStore) {
  const auto config = parsed("ranking: {use: redis_zset, url: \"127.0.0.1:6379\", every: 2s}\n");
  EXPECT_EQ(config.config.ranking.use, "redis_zset");
  EXPECT_EQ(config.config.ranking_every, std::chrono::seconds(2));
  EXPECT_EQ(config.printable.at("ranking.prefix")->scalar, "stampede:ranking:");
  EXPECT_EQ(config.printable.at("ranking.every")->scalar, "2s");
  EXPECT_EQ(parsed("").printable.at("ranking.use")->scalar, "store");
  EXPECT_THAT(faults_of("ranking: {use: redis_zet}\n"), HasSubstr("did you mean \"redis_zset\"?"));
  EXPECT_THAT(faults_of("ranking: {use: redis_zset, urll: x}\n"),
              HasSubstr("ranking.urll: unknown option; did you mean \"url\"?"));
  EXPECT_THAT(faults_of("ranking: {every: 1s}\n"), HasSubstr("choose a ranking by ranking.use"));
}

TEST(StockConfig, IsOfTheMonolith) {
  EXPECT_THAT(faults_of("topology: services\nstock: {gate: {use: memory}}\n"),
              HasSubstr("stock.gate.use: expected store with topology: services"));
  EXPECT_THAT(faults_of("topology: services\norders: {write: queued}\n"),
              HasSubstr("orders.write: expected sync with topology: services"));
}

}  // namespace
}  // namespace stampede::server
