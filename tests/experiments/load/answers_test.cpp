// What is read from an answer: outcome, phases, fields.

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "experiments/load/json_fields.hpp"
#include "experiments/load/outcome.hpp"
#include "experiments/load/server_timing.hpp"

namespace stampede::load {
namespace {

using namespace std::chrono_literals;

TEST(Outcome, IsDecidedByStatusAndCode) {
  const auto of = [](int status, std::string_view code) {
    return classify(status, code, {}, false);
  };
  EXPECT_EQ(of(200, ""), OutcomeKind::kSuccess);
  EXPECT_EQ(of(202, ""), OutcomeKind::kSuccess);
  EXPECT_EQ(of(409, "SOLD_OUT"), OutcomeKind::kRefusal);
  EXPECT_EQ(of(402, "INSUFFICIENT_BALANCE"), OutcomeKind::kRefusal);
  EXPECT_EQ(of(404, "PRODUCT_NOT_FOUND"), OutcomeKind::kRefusal);
  EXPECT_EQ(of(409, ""), OutcomeKind::kError);
  EXPECT_EQ(of(404, "ROUTE_NOT_FOUND"), OutcomeKind::kError);
  EXPECT_EQ(of(409, "REQUEST_IN_PROGRESS"), OutcomeKind::kError);
  EXPECT_EQ(of(422, "REQUEST_KEY_REUSED"), OutcomeKind::kError);
  EXPECT_EQ(of(400, "SOLD_OUT"), OutcomeKind::kError);
  EXPECT_EQ(of(503, "OVERLOADED"), OutcomeKind::kError);
  EXPECT_EQ(of(302, ""), OutcomeKind::kError);
}

TEST(Outcome, OfAnIdThatWasNeverSeededIsSkipped) {
  EXPECT_EQ(classify(404, "PRODUCT_NOT_FOUND", {}, true), OutcomeKind::kSkipped);
  EXPECT_EQ(classify(409, "SOLD_OUT", {}, true), OutcomeKind::kRefusal);
  EXPECT_EQ(classify(500, "", {}, true), OutcomeKind::kError);
}

TEST(Outcome, FollowsTheStepsOwnStatuses) {
  const std::array<int, 3> expected{201, 304, 418};
  EXPECT_EQ(classify(201, "", expected, false), OutcomeKind::kSuccess);
  EXPECT_EQ(classify(304, "", expected, false), OutcomeKind::kSuccess);
  EXPECT_EQ(classify(418, "", expected, false), OutcomeKind::kRefusal);
  EXPECT_EQ(classify(200, "", expected, false), OutcomeKind::kError);
}

TEST(ServerTiming, GivesEveryPhaseWithADuration) {
  std::vector<std::pair<std::string, std::chrono::nanoseconds>> seen;
  const auto read = [&seen](std::string_view header) {
    seen.clear();
    for_each_server_timing(header, [&seen](std::string_view name, std::chrono::nanoseconds d) {
      seen.emplace_back(name, d);
    });
    return seen;
  };
  using Seen = decltype(seen);
  EXPECT_EQ(read("queue;dur=0.12, lock;dur=3.4,store;dur=1"),
            (Seen{{"queue", 120us}, {"lock", 3'400us}, {"store", 1ms}}));
  EXPECT_EQ(read(R"(a;desc="x, y;dur=9";dur=2 , b;desc=z, c)"), (Seen{{"a", 2ms}}));
  EXPECT_EQ(read("a;dur=, b;dur=-1, c;dur=nan, d;dur=1x, ;dur=1, e;dur=0"), (Seen{{"e", 0ns}}));
  EXPECT_EQ(read(""), Seen{});
  EXPECT_EQ(read(R"(a;desc="open)"), Seen{});
}

TEST(JsonFields, TakesTopLevelScalarsAndNothingElse) {
  constexpr std::array<std::string_view, 3> kNames{"orderId", "total", "paid"};
  std::array<std::string, 3> values;
  EXPECT_TRUE(read_json_fields(
      R"({"items":[{"total":1}],"nested":{"orderId":"no"},"orderId":"yes","total":-42,"paid":true})",
      kNames, values));
  EXPECT_EQ(values, (std::array<std::string, 3>{"yes", "-42", "true"}));
  EXPECT_TRUE(read_json_fields(R"({"orderId":{"a":1},"total":null})", kNames, values));
  EXPECT_EQ(values, (std::array<std::string, 3>{}));
  EXPECT_FALSE(read_json_fields("[1]", kNames, values));
  EXPECT_FALSE(read_json_fields("<html>", kNames, values));
  EXPECT_FALSE(read_json_fields("", kNames, values));
}

TEST(JsonFields, StopAsSoonAsAllWereSeen) {
  constexpr std::array<std::string_view, 1> kNames{"a"};
  std::array<std::string, 1> values;
  EXPECT_TRUE(read_json_fields(R"({"a":1, this is never read)", kNames, values));
  EXPECT_EQ(values[0], "1");
}

TEST(JsonFields, FollowsPointers) {
  const std::string json = R"({"items":[{"id":7},{"id":"x"}],"a/b":2,"n":null})";
  EXPECT_EQ(read_json_value(json, "/items/1/id"), "x");
  EXPECT_EQ(read_json_value(json, "/items/0/id"), "7");
  EXPECT_EQ(read_json_value(json, "/a~1b"), "2");
  for (const auto* absent : {"/items/2/id", "/items/x", "n", "/items", "/~", "missing"}) {
    EXPECT_EQ(read_json_value(json, absent), std::nullopt) << absent;
  }
  EXPECT_EQ(read_json_value("{", "a"), std::nullopt);
}

TEST(JsonFields, FindsTheCodeOfAProblem) {
  EXPECT_EQ(problem_code(R"({"title":"x","status":409,"code":"SOLD_OUT"})"), "SOLD_OUT");
  EXPECT_EQ(problem_code(R"({"title":"x"})"), "");
  EXPECT_EQ(problem_code("<html>nginx</html>"), "");
}

}  // namespace
}  // namespace stampede::load
