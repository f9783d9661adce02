// The contract of core/api/ranking.hpp, for every ranking: the checks are those of
// experiments/check. Besides, a ranking that was emptied says so rather than guess.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/api/ranking.hpp"
#include "core/plugin/catalog.hpp"
#include "experiments/check/ranking_checks.hpp"
#include "tests/support/redis_nodes.hpp"
#include "tests/support/show_checks.hpp"

namespace stampede {
namespace {

using std::chrono::hours;

// Only bounds how long something broken can hang a test.
Deadline in_time() { return Clock::now() + std::chrono::seconds(20); }

const std::vector<std::string> kRankings{"redis_zset"};

class Rankings : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::RedisNodes::missing().empty()) GTEST_SKIP() << test::RedisNodes::missing();
    redis_ = std::make_unique<test::RedisNodes>(1);
  }

  // Another instance; all of a test share what they know.
  std::unique_ptr<Ranking> make(const std::string& name) {
    return std::move(
        catalog_.create<Ranking>(name, {{"url", redis_->url(0)}, {"timeout", "10s"}}).value());
  }

  plugin::Catalog catalog_{{STAMPEDE_PLUGIN_DIR}};
  std::unique_ptr<test::RedisNodes> redis_;
};

class RankingContract : public Rankings,
                        public testing::WithParamInterface<std::tuple<check::Check, std::string>> {
};

TEST_P(RankingContract, Keeps) {
  const auto& [check, name] = GetParam();
  check::Subject subject;
  subject.make_ranking = [this, wanted = name] { return make(wanted); };
  const auto report = check::run(check, subject);
  EXPECT_EQ(report.broken, "") << report.history;
  EXPECT_EQ(report.not_applicable, "");
}

std::vector<check::Check> every_check() {
  std::vector<check::Check> checks;
  for (const auto group : check::ranking_checks()) {
    checks.insert(checks.end(), group.begin(), group.end());
  }
  return checks;
}

INSTANTIATE_TEST_SUITE_P(Every, RankingContract,
                         testing::Combine(testing::ValuesIn(every_check()),
                                          testing::ValuesIn(kRankings)),
                         [](const auto& one) {
                           return std::string(std::get<0>(one.param).promise) + "_by_" +
                                  std::get<1>(one.param);
                         });

class LostRanking : public Rankings, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    Rankings::SetUp();
    if (redis_) ranking_ = make(GetParam());
  }

  static Sale sale(std::int64_t product, std::int64_t quantity, TimePoint at) {
    return {ProductId{product}, quantity, at};
  }
  Result<void> add(std::optional<std::int64_t> from, std::int64_t to, std::vector<Sale> sales,
                   bool complete = true) {
    return ranking_->add({.from = from, .to = to, .sales = sales, .complete = complete}, in_time());
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> best(TimePoint since,
                                                          std::int64_t limit = 10) {
    const auto found = ranking_->best(since, limit, in_time()).value();
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    if (!found) return {{-1, -1}};
    for (const auto& [product, sold] : *found) pairs.emplace_back(value_of(product), sold);
    return pairs;
  }
  using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

  std::unique_ptr<Ranking> ranking_;
  const TimePoint today_ = std::chrono::floor<std::chrono::days>(
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
};

TEST_P(LostRanking, BeginsAnewWhenItsMemoryIsGone) {
  ASSERT_TRUE(add(std::nullopt, 5, {sale(1, 2, today_)}));
  // The place is lost, and the sums are not.
  redis_->ask(0, {"DEL", "stampede:ranking:{ranking}:state"});
  EXPECT_FALSE(ranking_->position(in_time())->at);
  EXPECT_FALSE(*ranking_->best(today_, 10, in_time()));
  EXPECT_FALSE(add(5, 6, {sale(1, 1, today_)}));
  ASSERT_TRUE(add(std::nullopt, 6, {sale(1, 3, today_)}));
  EXPECT_EQ(best(today_), (Pairs{{1, 3}}));
}

TEST_P(LostRanking, BeginsAnewWhenItsServerStartsEmpty) {
  ASSERT_TRUE(add(std::nullopt, 5, {sale(1, 2, today_)}));
  redis_->kill(0);
  redis_->start(0);
  // A connection may only now find that its server is gone.
  const auto deadline = in_time();
  auto position = ranking_->position(in_time());
  while (!position && Clock::now() < deadline) position = ranking_->position(in_time());
  ASSERT_TRUE(position) << position.error().message;
  EXPECT_FALSE(position->at);
  EXPECT_FALSE(position->complete);
  ASSERT_TRUE(add(std::nullopt, 6, {sale(1, 3, today_)}));
  EXPECT_EQ(best(today_), (Pairs{{1, 3}}));
}

TEST_P(LostRanking, SaysThatItCannotBeReached) {
  redis_->kill(0);
  const std::array errors{ranking_->position(in_time()).error(), add(std::nullopt, 5, {}).error(),
                          ranking_->best(today_, 10, in_time()).error()};
  for (const auto& error : errors) {
    EXPECT_TRUE(error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kInDoubt)
        << to_string(error.code);
  }
}

// What is special to sorted sets in Redis.
class RedisZset : public LostRanking {};

TEST_P(RedisZset, EveryDayExpiresWhenNobodyCanAskForItAnyMore) {
  ASSERT_TRUE(add(std::nullopt, 9, {sale(1, 1, today_), sale(2, 2, today_ - hours(24))}));
  ASSERT_EQ(best(today_ - hours(48)).size(), 2U);
  std::size_t days = 0;
  for (const auto& key : redis_->ask(0, {"KEYS", "*"}).list) {
    EXPECT_TRUE(key.text.starts_with("stampede:ranking:")) << key.text;
    if (key.text.ends_with(":state")) continue;
    ++days;
    const auto seconds = redis_->ask(0, {"TTL", key.text}).integer;
    EXPECT_GT(seconds, 367 * 86'400) << key.text;
  }
  EXPECT_EQ(days, 2U) << "an answer leaves nothing behind";
}

TEST_P(RedisZset, SalesThatShareAServerAreApartByTheirPrefix) {
  const auto other = std::move(
      catalog_.create<Ranking>(GetParam(), {{"url", redis_->url(0)}, {"prefix", "other:"}})
          .value());
  ASSERT_TRUE(add(std::nullopt, 9, {sale(1, 1, today_)}));
  EXPECT_FALSE(other->position(in_time())->at);
  ASSERT_TRUE(other->add({.from = {}, .to = 3, .sales = {}, .complete = true}, in_time()));
  EXPECT_TRUE((*other->best(today_, 10, in_time()))->empty());
  EXPECT_EQ(best(today_), (Pairs{{1, 1}}));
}

INSTANTIATE_TEST_SUITE_P(Only, RedisZset, testing::Values("redis_zset"),
                         [](const auto& one) { return one.param; });

INSTANTIATE_TEST_SUITE_P(Every, LostRanking, testing::ValuesIn(kRankings),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace stampede
