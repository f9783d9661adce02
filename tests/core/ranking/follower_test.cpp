// A ranking follows the store: every completed order counts once, whoever hands it on and however
// often it begins anew.

#include "core/ranking/follower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/core/pipeline/sale.hpp"
#include "tests/core/ranking/kept_ranking.hpp"

namespace stampede::ranking {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::KeptRanking;
using testing::Pairs;

// As many events as are read in one step.
constexpr int kPage = 1'000;

// Ids of version 7, as the ranking reads an event's time from its id.
class Following : public ::testing::Test {
 protected:
  static Event completed(int id, const std::string& items) {
    auto digits = std::to_string(id);
    digits.insert(0, 12 - digits.size(), '0');
    return {.id = "018f4c1e-7b2a-7cc3-98c4-" + digits,
            .topic = "ORDER_COMPLETED",
            .key = "k",
            .payload = R"({"orderId":"x","items":[)" + items + "]}",
            .correlation = {}};
  }
  void emit(const std::vector<Event>& events) {
    class Emit final : public Operation {
     public:
      explicit Emit(const std::vector<Event>& events) : events_(events) {}
      Result<Outcome> work(Transaction& transaction) override {
        for (const auto& event : events_) {
          if (auto told = transaction.emit(event); !told) return Unexpected(told.error());
        }
        return Outcome::commit();
      }

     private:
      const std::vector<Event>& events_;
    } operation(events);
    auto context = sale_.context();
    ASSERT_TRUE(sale_.store.transact({}, operation, context));
  }
  // So many orders of one unit of product 7.
  void emit_orders(int count, int first_id = 1) {
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) {
      events.push_back(completed(first_id + i, R"({"productId":7,"quantity":1})"));
    }
    emit(events);
  }
  Follower follower(telemetry::Log& log, std::chrono::nanoseconds interval) {
    return Follower{{.store = sale_.store, .ranking = ranking_, .log = log, .interval = interval}};
  }
  Pairs best() {
    const auto found = follower_.best(TimePoint(), 10, Clock::now());
    Pairs pairs;
    if (!found) return {{-1, -1}};
    for (const auto& [product, sold] : *found) pairs.emplace_back(value_of(product), sold);
    return pairs;
  }

  pipeline::testing::Sale sale_;
  KeptRanking ranking_;
  std::unique_ptr<telemetry::Log> log_ =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  Follower follower_ = follower(*log_, std::chrono::hours(1));
};

TEST_F(Following, CountsEveryCompletedOrderOnce) {
  emit({completed(1, R"({"productId":7,"quantity":2},{"productId":8,"quantity":1})")});
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(best(), (Pairs{{7, 2}, {8, 1}}));
  emit({completed(2, R"({"productId":7,"quantity":3})")});
  ASSERT_TRUE(follower_.round());
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(best(), (Pairs{{7, 5}, {8, 1}}));
}

TEST_F(Following, LeavesTheRankingAloneWhenThereIsNothingNew) {
  ASSERT_TRUE(follower_.round());
  EXPECT_THAT(ranking_.completes(), ElementsAre(true));
  ASSERT_TRUE(follower_.round());
  EXPECT_THAT(ranking_.completes(), ElementsAre(true));
  EXPECT_EQ(best(), Pairs());
}

TEST_F(Following, HandsOnAllThatThereIsInOneRound) {
  emit_orders(kPage + 1);
  ASSERT_TRUE(follower_.round());
  EXPECT_THAT(ranking_.completes(), ElementsAre(false, true));
  EXPECT_EQ(best(), (Pairs{{7, kPage + 1}}));
}

TEST_F(Following, EndsCompleteWhereTheLastStepWasFull) {
  emit_orders(kPage);
  ASSERT_TRUE(follower_.round());
  EXPECT_THAT(ranking_.completes(), ElementsAre(false, true));
  EXPECT_EQ(best(), (Pairs{{7, kPage}}));
}

TEST_F(Following, StopsBetweenTwoSteps) {
  emit_orders(2 * kPage);
  follower_.stop();
  ASSERT_TRUE(follower_.round());
  EXPECT_THAT(ranking_.completes(), ElementsAre(false));
}

TEST_F(Following, FillsARankingThatForgotFromTheStore) {
  emit({completed(1, R"({"productId":7,"quantity":2})")});
  ASSERT_TRUE(follower_.round());
  ranking_.forget();
  EXPECT_EQ(best(), (Pairs{{-1, -1}}));
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(best(), (Pairs{{7, 2}}));
}

TEST_F(Following, CountsOnceHoweverManyFollow) {
  auto other = follower(*log_, std::chrono::hours(1));
  for (int i = 1; i < 6; ++i) {
    emit_orders(1, i);
    ASSERT_TRUE(other.round());
    ASSERT_TRUE(follower_.round());
  }
  EXPECT_EQ(best(), (Pairs{{7, 5}}));
}

TEST_F(Following, GoesOnBehindAnotherWhoWasFaster) {
  auto other = follower(*log_, std::chrono::hours(1));
  emit_orders(1, 1);
  ranking_.before_add([&] {
    EXPECT_TRUE(other.round());
    emit_orders(1, 2);
  });
  const auto done = follower_.round();
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(best(), (Pairs{{7, 2}}));
}

TEST_F(Following, GoesOnWithTheNextRoundAfterOneThatFailed) {
  emit_orders(3);
  ranking_.fail_with(Error{ErrorCode::kUnavailable, "away"});
  EXPECT_EQ(follower_.round().error().code, ErrorCode::kUnavailable);
  ranking_.fail_with(std::nullopt);
  ASSERT_TRUE(follower_.round());
  EXPECT_EQ(best(), (Pairs{{7, 3}}));
}

TEST_F(Following, GoesOnByItself) {
  auto busy = follower(*log_, std::chrono::milliseconds(1));
  busy.start();
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  for (int i = 1; i < 4; ++i) {
    emit_orders(1, i);
    while (best() != Pairs{{7, i}}) ASSERT_LT(Clock::now(), deadline);
  }
  busy.stop();
  busy.stop();
}

TEST_F(Following, SaysWhatFailed) {
  const auto file = ::testing::TempDir() + "ranking-" + std::to_string(::getpid()) + ".log";
  const auto text = [&file] {
    std::stringstream all;
    all << std::ifstream(file).rdbuf();
    return all.str();
  };
  const auto log = std::move(telemetry::Log::open({.file = file}).value());
  auto logging = follower(*log, std::chrono::hours(1));
  EXPECT_FALSE(logging.best(TimePoint(), 10, Clock::now()));
  EXPECT_EQ(text(), "") << "it is not complete: that is no fault";
  ranking_.fail_with(Error{ErrorCode::kUnavailable, "Redis is away"});
  EXPECT_FALSE(logging.best(TimePoint(), 10, Clock::now()));
  EXPECT_THAT(text(), AllOf(HasSubstr("ranking_not_asked"), HasSubstr("Redis is away")));
  logging.start();
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (text().find("ranking_round_failed") == std::string::npos) {
    ASSERT_LT(Clock::now(), deadline);
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace stampede::ranking
