// The best sellers from a ranking, and from the store whenever the ranking cannot say.

#include <gtest/gtest.h>

#include "tests/core/http/api_fixture.hpp"

namespace stampede::http {
namespace {

class ScriptedRanking final : public Ranking {
 public:
  Result<RankingPosition> position(Deadline) override { return RankingPosition(); }
  Result<void> add(const RankingStep&, Deadline) override { return {}; }
  Result<std::optional<std::vector<RankedProduct>>> best(TimePoint since, std::int64_t limit,
                                                         Deadline) override {
    asked_since = since;
    asked_limit = limit;
    return answer;
  }

  TimePoint asked_since;
  std::int64_t asked_limit = 0;

  Result<std::optional<std::vector<RankedProduct>>> answer{std::nullopt};
};

class Popular : public ApiTest {
 protected:
  void SetUp() override {
    services_.best_sellers = &follower_;
    api_ = std::make_unique<Api>(services_, ApiOptions{.admin = true, .seed = 1});
    ApiTest::SetUp();
    ASSERT_EQ(
        post("/orders", R"({"userId":1,"items":[{"productId":5,"quantity":2}]})").response.status,
        201);
  }

  Api& api() override { return *api_; }

  ScriptedRanking ranking_;
  std::unique_ptr<telemetry::Log> log_ =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  ranking::Follower follower_{
      {.store = *store_, .ranking = ranking_, .log = *log_, .interval = std::chrono::hours(1)}};
  std::unique_ptr<Api> api_;
};

TEST_F(Popular, AreAsTheRankingHasThemWithTheProductsOfTheStore) {
  ranking_.answer = std::optional(std::vector<RankedProduct>{{ProductId{3}, 9}, {ProductId{5}, 2}});
  const auto items = get("/products/popular").json["items"];
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0]["productId"], 3);
  EXPECT_EQ(items[0]["sold"], 9);
  EXPECT_EQ(items[0]["stock"], kStock);
  EXPECT_EQ(items[1]["stock"], kStock - 2);
}

TEST_F(Popular, AreAskedForAsTheCustomerAsks) {
  ranking_.answer = std::optional(std::vector<RankedProduct>{});
  const auto week = std::chrono::hours(24 * 7);
  const auto earliest = clock_.now() - week;
  const auto reply = get("/products/popular?limit=2&days=7");
  EXPECT_TRUE(reply.json["items"].empty()) << "the ranking has nothing, and the store is not asked";
  EXPECT_EQ(ranking_.asked_limit, 2);
  EXPECT_GE(ranking_.asked_since, earliest);
  EXPECT_LE(ranking_.asked_since, clock_.now() - week);
}

TEST_F(Popular, NameAProductThatTheStoreDoesNotKnow) {
  ranking_.answer = std::optional(std::vector<RankedProduct>{{ProductId{77}, 9}});
  const auto items = get("/products/popular").json["items"];
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0]["productId"], 77);
}

TEST_F(Popular, AreCountedByTheStoreUntilTheRankingHasCaughtUp) {
  const auto items = get("/products/popular").json["items"];
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0]["productId"], 5);
  EXPECT_EQ(items[0]["sold"], 2);
}

TEST_F(Popular, AreCountedByTheStoreWhenTheRankingCannotBeAsked) {
  ranking_.answer = fail(ErrorCode::kUnavailable, "away");
  EXPECT_EQ(get("/products/popular").json["items"].size(), 1U);
}

}  // namespace
}  // namespace stampede::http
