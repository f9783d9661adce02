// The contract of core/api/ranking.hpp, for every ranking: the checks are those of
// experiments/check. Besides, a ranking that was emptied says so rather than guess.

#include <gtest/gtest.h>

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

TEST_P(LostRanking, SaysThatItCannotBeReached) {
  redis_->kill(0);
  const auto position = ranking_->position(in_time());
  ASSERT_FALSE(position);
  EXPECT_TRUE(position.error().code == ErrorCode::kUnavailable ||
              position.error().code == ErrorCode::kInDoubt);
}

INSTANTIATE_TEST_SUITE_P(Every, LostRanking, testing::ValuesIn(kRankings),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace stampede
