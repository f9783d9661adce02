// What every ranking promises: a step is made once, sums are by day, and a ranking that was emptied
// says so rather than guess.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/api/ranking.hpp"
#include "core/plugin/catalog.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede {
namespace {

using std::chrono::hours;

// Only bounds how long something broken can hang a test.
Deadline in_time() { return Clock::now() + std::chrono::seconds(20); }

class RankingContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::RedisNodes::missing().empty()) GTEST_SKIP() << test::RedisNodes::missing();
    redis_ = std::make_unique<test::RedisNodes>(1);
    ranking_ = make();
  }

  // Another instance; all share what they know.
  std::unique_ptr<Ranking> make() {
    return std::move(
        catalog_.create<Ranking>(GetParam(), {{"url", redis_->url(0)}, {"timeout", "10s"}})
            .value());
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

  plugin::Catalog catalog_{{STAMPEDE_PLUGIN_DIR}};
  std::unique_ptr<test::RedisNodes> redis_;
  std::unique_ptr<Ranking> ranking_;
  const TimePoint today_ = std::chrono::floor<std::chrono::days>(
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
};

TEST_P(RankingContract, SaysNothingUntilItWasCompleteOnce) {
  EXPECT_FALSE(ranking_->position(in_time())->at);
  EXPECT_FALSE(*ranking_->best(today_, 10, in_time()));
  ASSERT_TRUE(add(std::nullopt, 5, {sale(1, 2, today_)}, false));
  EXPECT_EQ(ranking_->position(in_time())->at, 5);
  EXPECT_FALSE(ranking_->position(in_time())->complete);
  EXPECT_FALSE(*ranking_->best(today_, 10, in_time()));
  ASSERT_TRUE(add(5, 5, {}));
  EXPECT_TRUE(ranking_->position(in_time())->complete);
  EXPECT_EQ(best(today_), (Pairs{{1, 2}}));
}

TEST_P(RankingContract, RanksByUnitsAndEqualOnesById) {
  ASSERT_TRUE(
      add(std::nullopt, 9,
          {sale(10, 3, today_), sale(9, 1, today_), sale(2, 3, today_), sale(9, 4, today_)}));
  EXPECT_EQ(best(today_), (Pairs{{9, 5}, {2, 3}, {10, 3}}));
  EXPECT_EQ(best(today_, 1), (Pairs{{9, 5}}));
}

TEST_P(RankingContract, CountsWholeDays) {
  ASSERT_TRUE(add(std::nullopt, 9,
                  {sale(1, 1, today_ - hours(1)), sale(2, 2, today_ + hours(1)),
                   sale(3, 9, today_ - hours(49))}));
  EXPECT_EQ(best(today_ + hours(5)), (Pairs{{2, 2}}));
  EXPECT_EQ(best(today_ - hours(1)), (Pairs{{2, 2}, {1, 1}}));
  EXPECT_EQ(best(today_ - hours(72)), (Pairs{{3, 9}, {2, 2}, {1, 1}}));
  EXPECT_EQ(best(today_ + hours(96)), Pairs()) << "a day that has not come";
}

TEST_P(RankingContract, CountsWhatAClockSoldThatIsAhead) {
  ASSERT_TRUE(add(std::nullopt, 9, {sale(1, 1, today_ + hours(24))}));
  EXPECT_EQ(best(today_), (Pairs{{1, 1}}));
}

TEST_P(RankingContract, LooksBackAYear) {
  ASSERT_TRUE(add(std::nullopt, 9, {sale(1, 1, today_ - hours(24 * 366)), sale(2, 3, today_)}));
  EXPECT_EQ(best(today_ - hours(24 * 366)), (Pairs{{2, 3}, {1, 1}}));
}

TEST_P(RankingContract, MakesAStepOnce) {
  ASSERT_TRUE(add(std::nullopt, 5, {sale(1, 2, today_)}));
  for (const std::optional<std::int64_t> from :
       {std::optional<std::int64_t>(), std::optional<std::int64_t>(4)}) {
    const auto again = add(from, 5, {sale(1, 2, today_)});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  }
  EXPECT_EQ(best(today_), (Pairs{{1, 2}}));
}

TEST_P(RankingContract, LetsOneOfManyMakeAStep) {
  ASSERT_TRUE(add(std::nullopt, 1, {}));
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto other = make();
      const auto one = sale(1, 2, today_);
      made +=
          other->add({.from = 1, .to = 2, .sales = {&one, 1}, .complete = true}, in_time()) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(best(today_), (Pairs{{1, 2}}));
}

TEST_P(RankingContract, BeginsAnewWhenItsMemoryIsGone) {
  ASSERT_TRUE(add(std::nullopt, 5, {sale(1, 2, today_)}));
  // The place is lost, and the sums are not.
  redis_->ask(0, {"DEL", "stampede:ranking:{ranking}:state"});
  EXPECT_FALSE(ranking_->position(in_time())->at);
  EXPECT_FALSE(*ranking_->best(today_, 10, in_time()));
  EXPECT_FALSE(add(5, 6, {sale(1, 1, today_)}));
  ASSERT_TRUE(add(std::nullopt, 6, {sale(1, 3, today_)}));
  EXPECT_EQ(best(today_), (Pairs{{1, 3}}));
}

TEST_P(RankingContract, BeginsAnewWhenItsServerStartsEmpty) {
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

TEST_P(RankingContract, KeepsItsPlaceForWhoeverComesLater) {
  ASSERT_TRUE(add(std::nullopt, 5, {sale(1, 2, today_)}));
  ranking_ = make();
  EXPECT_EQ(ranking_->position(in_time())->at, 5);
  EXPECT_TRUE(ranking_->position(in_time())->complete);
  ASSERT_TRUE(add(5, 6, {sale(1, 1, today_)}));
  EXPECT_EQ(best(today_), (Pairs{{1, 3}}));
}

TEST_P(RankingContract, SaysThatItCannotBeReached) {
  redis_->kill(0);
  const std::array errors{ranking_->position(in_time()).error(), add(std::nullopt, 5, {}).error(),
                          ranking_->best(today_, 10, in_time()).error()};
  for (const auto& error : errors) {
    EXPECT_TRUE(error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kInDoubt)
        << to_string(error.code);
  }
}

// What is special to sorted sets in Redis.
class RedisZset : public RankingContract {};

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

INSTANTIATE_TEST_SUITE_P(Every, RankingContract, testing::Values("redis_zset"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace stampede
