// From a plan to the bytes of its requests.

#include "experiments/load/journey.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace stampede::load {
namespace {

using testing::HasSubstr;

JourneyBook compile(const LoadPlan& plan) {
  auto book = JourneyBook::compile(plan);
  EXPECT_TRUE(book) << book.error().message;
  return std::move(*book);
}

std::string first_request(const JourneyBook& book, Values& values) {
  const auto& journey = book.draw(0, values);
  RequestBuffer buffer;
  return std::string(book.request(book.steps()[journey.first_step], values, buffer));
}

TEST(Requests, AnOrderIsWrittenByteForByte) {
  LoadPlan plan{.target = {.host = "127.0.0.1", .port = 8080, .base_path = "/shop"},
                .mix = {{"order", 1}},
                .drawn = {.users = 1, .products = 2},
                .items = {2, 2},
                .quantity = {3, 3},
                .key_prefix = "run7"};
  const auto book = compile(plan);
  Values values;
  first_request(book, values);
  values.sequence = 42;
  values.items = {{2, 3}, {1, 3}};
  RequestBuffer buffer;
  EXPECT_EQ(book.request(book.steps()[0], values, buffer),
            "POST /shop/api/v1/orders HTTP/1.1\r\n"
            "Host: 127.0.0.1:8080\r\n"
            "Idempotency-Key: run7-42\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 80\r\n\r\n"
            R"({"userId":1,"items":[{"productId":2,"quantity":3},{"productId":1,"quantity":3}]})");
}

TEST(Requests, AChargeIsIdempotentByItsTransaction) {
  LoadPlan plan{.mix = {{"charge", 1}}, .amount = {500, 500}, .key_prefix = "p"};
  const auto book = compile(plan);
  Values values;
  const auto text = first_request(book, values);
  EXPECT_THAT(text, HasSubstr("Idempotency-Key: p-0\r\n"));
  EXPECT_THAT(text, HasSubstr(R"({"userId":1,"amount":500,"transactionId":"p-0"})"));
}

TEST(Requests, ThatNeverChangeAreWrittenOnce) {
  LoadPlan plan;
  use_fixed_request(plan, "/health?x=1");
  const auto book = compile(plan);
  EXPECT_EQ(book.steps()[0].fixed, "GET /health?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
  EXPECT_FALSE(book.steps()[0].writes);
  EXPECT_FALSE(plan.ledger);
}

TEST(Requests, CapturedTextCannotLeaveItsPlace) {
  std::vector<std::string> unknown;
  const std::vector<std::string> captures{"x"};
  const Values values{.captured = {"a\"b\\c/d e\r\nHost: evil"}};
  const auto written = [&](Template::Place place) {
    std::string out;
    Template("{x}", place, captures, unknown).append_to(out, values, "");
    return out;
  };
  EXPECT_EQ(written(Template::Place::kPath), "a%22b%5Cc%2Fd%20e%0D%0AHost%3A%20evil");
  EXPECT_EQ(written(Template::Place::kHeader), "a\"b\\c/d eHost: evil");
  EXPECT_EQ(written(Template::Place::kBody), R"(a\"b\\c/d e\u000D\u000AHost: evil)");
}

TEST(Templates, TakeBracesOfJsonAsTheyAre) {
  std::vector<std::string> unknown;
  std::string out;
  const Template text(R"({"a":{"b":{user}},"c":{},"d":"{not this}"})", Template::Place::kBody, {},
                      unknown);
  text.append_to(out, {.user = 5}, "");
  EXPECT_EQ(out, R"({"a":{"b":5},"c":{},"d":"{not this}"})");
  EXPECT_TRUE(unknown.empty());
}

TEST(Journeys, DrawTheSameValuesForTheSameSeedAndIteration) {
  LoadPlan plan{.mix = {{"order", 3}, {"issue", 1}, {"charge", 1}},
                .drawn = {.users = 1'000, .products = 50, .coupons = 5},
                .items = {1, 4},
                .quantity = {1, 9},
                .amount = {1, 1'000},
                .coupon_share = 0.5,
                .seed = 11};
  const auto first = compile(plan);
  const auto second = compile(plan);
  plan.seed = 12;
  const auto other = compile(plan);
  Values a;
  Values b;
  int differences = 0;
  // Backwards for one of them: no draw depends on those before it.
  for (std::uint64_t i = 200; i-- > 0;) {
    RequestBuffer x;
    RequestBuffer y;
    const auto& journey = first.draw(i, a);
    const std::string text(first.request(first.steps()[journey.first_step], a, x));
    const auto& same = second.draw(i, b);
    EXPECT_EQ(text, second.request(second.steps()[same.first_step], b, y));
    const auto& different = other.draw(i, b);
    differences += text != other.request(other.steps()[different.first_step], b, y) ? 1 : 0;
  }
  EXPECT_GT(differences, 150);
}

TEST(Journeys, AreMixedByWeight) {
  LoadPlan plan{.mix = {{"products", 70}, {"balance", 20}, {"cart", 10}, {"order", 0}}};
  const auto book = compile(plan);
  EXPECT_EQ(book.journeys().size(), 3U);  // A weight of nothing takes no part.
  std::map<std::string, int> seen;
  Values values;
  for (std::uint64_t i = 0; i < 10'000; ++i) ++seen[book.draw(i, values).name];
  EXPECT_NEAR(seen["products"], 7'000, 250);
  EXPECT_NEAR(seen["balance"], 2'000, 200);
  EXPECT_NEAR(seen["cart"], 1'000, 150);
}

TEST(Journeys, GiveAnOrderDifferentProductsHoweverSkewedTheChoice) {
  LoadPlan plan{.mix = {{"order", 1}},
                .drawn = {.products = 6},
                .product = {.kind = Choice::Kind::kZipf, .exponent = 5},
                .items = {6, 6}};
  const auto book = compile(plan);
  Values values;
  for (std::uint64_t i = 0; i < 100; ++i) {
    book.draw(i, values);
    std::set<std::int64_t> products;
    for (const auto& item : values.items) products.insert(item.product);
    EXPECT_EQ(products, (std::set<std::int64_t>{1, 2, 3, 4, 5, 6}));
  }
}

TEST(Journeys, UseACouponInTheirShareOfOrders) {
  LoadPlan plan{.mix = {{"order", 1}}, .drawn = {.coupons = 3}, .coupon_share = 0.25};
  const auto book = compile(plan);
  Values values;
  int with_coupon = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto& journey = book.draw(i, values);
    RequestBuffer buffer;
    const auto text = book.request(book.steps()[journey.first_step], values, buffer);
    const bool used = text.find("couponId") != std::string_view::npos;
    EXPECT_EQ(used, values.coupon != 0);
    with_coupon += used ? 1 : 0;
  }
  EXPECT_NEAR(with_coupon, 2'500, 250);
}

TEST(Journeys, KnowWhatIsBeyondTheSeededRange) {
  LoadPlan plan{.mix = {{"order", 1}},
                .drawn = {.users = 10, .products = 10, .coupons = 10},
                .seeded = {.users = 5, .products = 5, .coupons = 5}};
  const auto book = compile(plan);
  EXPECT_FALSE(book.beyond_seeded({.user = 5, .coupon = 5, .items = {{5, 1}}}));
  EXPECT_TRUE(book.beyond_seeded({.user = 6}));
  EXPECT_TRUE(book.beyond_seeded({.user = 1, .coupon = 6}));
  EXPECT_TRUE(book.beyond_seeded({.user = 1, .items = {{1, 1}, {6, 1}}}));
}

TEST(Journeys, ThatCannotBeMadeReadySayWhy) {
  LoadPlan plan{.mix = {{"ordr", 1}}};
  auto book = JourneyBook::compile(plan);
  ASSERT_FALSE(book);
  EXPECT_THAT(book.error().message, HasSubstr("did you mean \"order\"?"));
  plan.journeys = {{"mine", {{.name = "s", .path = "/{usr}"}}}};
  plan.mix = {{"mine", 1}};
  book = JourneyBook::compile(plan);
  ASSERT_FALSE(book);
  EXPECT_THAT(book.error().message, HasSubstr("did you mean \"user\"?"));
}

TEST(Journeys, BuiltInOnesCompileAndWritesCarryAKey) {
  LoadPlan plan;
  for (const auto& journey : built_in_journeys()) plan.mix.emplace_back(journey.name, 1);
  const auto book = compile(plan);
  for (const auto& step : book.steps()) {
    Values values{.user = 1, .items = {{1, 1}}, .captured = {"x"}};
    RequestBuffer buffer;
    const bool keyed =
        book.request(step, values, buffer).find("Idempotency-Key: ") != std::string_view::npos;
    EXPECT_EQ(keyed, step.spec.method == "POST") << step.spec.name;
  }
}

}  // namespace
}  // namespace stampede::load
