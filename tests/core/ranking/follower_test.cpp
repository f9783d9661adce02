// A ranking follows the store: every completed order counts once, whoever hands it on and however
// often it begins anew.

#include "core/ranking/follower.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "tests/core/pipeline/sale.hpp"

namespace stampede::ranking {
namespace {

using pipeline::testing::is_accepted;
using pipeline::testing::item;
using pipeline::testing::order_of;

// Keeps sums without days, and can be told to forget.
class KeptRanking final : public Ranking {
 public:
  Result<RankingPosition> position(Deadline) override {
    const std::lock_guard lock(mutex_);
    return position_;
  }
  Result<void> add(const RankingStep& step, Deadline) override {
    const std::lock_guard lock(mutex_);
    ++steps;
    if (step.from != position_.at) return fail(ErrorCode::kConflict, "stands elsewhere");
    for (const auto& sale : step.sales) sums_[sale.product] += sale.quantity;
    position_ = {.at = step.to, .complete = position_.complete || step.complete};
    return {};
  }
  Result<std::optional<std::vector<RankedProduct>>> best(TimePoint, std::int64_t,
                                                         Deadline) override {
    const std::lock_guard lock(mutex_);
    if (fault) return Unexpected(*fault);
    if (!position_.complete) return std::optional<std::vector<RankedProduct>>();
    std::vector<RankedProduct> all;
    for (const auto& [product, sold] : sums_) all.push_back({product, sold});
    return std::optional(std::move(all));
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    sums_.clear();
    position_ = {};
  }

  int steps = 0;
  std::optional<Error> fault;

 private:
  std::mutex mutex_;
  RankingPosition position_;
  std::map<ProductId, std::int64_t> sums_;
};

// Ids of version 7, as the ranking reads an event's time from its id.
class Following : public ::testing::Test {
 protected:
  Event completed(int id, const std::string& items) {
    return {.id = "018f4c1e-7b2a-7cc3-98c4-00000000000" + std::to_string(id),
            .topic = "ORDER_COMPLETED",
            .key = "k",
            .payload = R"({"orderId":"x","items":[)" + items + "]}",
            .correlation = {}};
  }
  void emit(const Event& event) {
    class Emit final : public Operation {
     public:
      explicit Emit(Event event) : event_(std::move(event)) {}
      Result<Outcome> work(Transaction& transaction) override {
        if (auto told = transaction.emit(event_); !told) return Unexpected(told.error());
        return Outcome::commit();
      }

     private:
      const Event event_;
    } operation(event);
    auto context = sale_.context();
    ASSERT_TRUE(sale_.store.transact({}, operation, context));
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> best() {
    const auto found = follower_.best(TimePoint(), 10, Clock::now());
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    if (!found) return {{-1, -1}};
    for (const auto& [product, sold] : *found) pairs.emplace_back(value_of(product), sold);
    return pairs;
  }
  using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

  pipeline::testing::Sale sale_;
  KeptRanking ranking_;
  std::unique_ptr<telemetry::Log> log_ =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  Follower follower_{
      {.store = sale_.store, .ranking = ranking_, .log = *log_, .interval = std::chrono::hours(1)}};
};

TEST_F(Following, CountsEveryCompletedOrderOnce) {
  emit(completed(1, R"({"productId":7,"quantity":2},{"productId":8,"quantity":1})"));
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(best(), (Pairs{{7, 2}, {8, 1}}));
  emit(completed(2, R"({"productId":7,"quantity":3})"));
  ASSERT_TRUE(follower_.round());
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(best(), (Pairs{{7, 5}, {8, 1}}));
}

TEST_F(Following, LeavesTheRankingAloneWhenThereIsNothingNew) {
  ASSERT_TRUE(follower_.round());
  const auto steps = ranking_.steps;
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(ranking_.steps, steps);
  EXPECT_EQ(best(), Pairs());
}

TEST_F(Following, FillsARankingThatForgotFromTheStore) {
  emit(completed(1, R"({"productId":7,"quantity":2})"));
  ASSERT_TRUE(follower_.round());
  ranking_.forget();
  EXPECT_EQ(best(), (Pairs{{-1, -1}}));
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(best(), (Pairs{{7, 2}}));
}

TEST_F(Following, CountsOnceHoweverManyFollow) {
  Follower other(
      {.store = sale_.store, .ranking = ranking_, .log = *log_, .interval = std::chrono::hours(1)});
  for (int i = 1; i < 6; ++i) {
    emit(completed(i, R"({"productId":7,"quantity":1})"));
    ASSERT_TRUE(other.round());
    ASSERT_TRUE(follower_.round());
  }
  EXPECT_EQ(best(), (Pairs{{7, 5}}));
}

TEST_F(Following, LeavesItToTheStoreWhenTheRankingCannotBeAsked) {
  ranking_.fault = Error{ErrorCode::kUnavailable, "away"};
  EXPECT_FALSE(follower_.best(TimePoint(), 10, Clock::now()));
}

TEST(SalesOfAnEvent, HaveTheTimeOfItsIdOrItsOwn) {
  Event event{.id = "018f4c1e-7b2a-7cc3-98c4-000000000001",
              .topic = "ORDER_COMPLETED",
              .key = "",
              .payload = R"({"items":[{"productId":7,"quantity":2}]})",
              .correlation = {}};
  ASSERT_EQ(sales_of(event).size(), 1U);
  EXPECT_EQ(sales_of(event)[0].at, TimePoint(std::chrono::milliseconds(0x018f4c1e7b2a)));
  event.payload = R"({"createdAt":5,"items":[{"productId":7,"quantity":2}]})";
  EXPECT_EQ(sales_of(event)[0].at, TimePoint(std::chrono::microseconds(5)));
  event.topic = "COUPON_ISSUED";
  EXPECT_TRUE(sales_of(event).empty());
  EXPECT_TRUE(
      sales_of(
          {.id = "x", .topic = "ORDER_COMPLETED", .key = "", .payload = "{", .correlation = ""})
          .empty());
}

}  // namespace
}  // namespace stampede::ranking
