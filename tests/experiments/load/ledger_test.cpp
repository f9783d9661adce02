// The bench's memory of what was sent: nothing lost, everything repeatable.

#include "experiments/load/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stampede::load {
namespace {

using testing::ElementsAre;

std::shared_ptr<const JourneyBook> compile(const LoadPlan& plan) {
  auto book = JourneyBook::compile(plan);
  EXPECT_TRUE(book) << book.error().message;
  return std::make_shared<const JourneyBook>(std::move(*book));
}

LoadPlan mixed_plan() {
  return {.mix = {{"order", 1}, {"issue", 1}, {"charge", 1}, {"cart_add", 1}, {"order_cart", 1}},
          .drawn = {.users = 1'000, .products = 40, .coupons = 4},
          .items = {1, 5},
          .quantity = {1, 7},
          .amount = {1, 100'000},
          .coupon_share = 0.5,
          .key_prefix = "run"};
}

TEST(Ledger, RebuildsEveryRequestByteForByte) {
  const auto book = compile(mixed_plan());
  Ledger ledger(book);
  Values values;
  std::vector<std::string> sent;
  for (std::uint64_t i = 0; i < 10'000; ++i) {  // More than two chunks.
    const auto& journey = book->draw(i, values);
    values.sequence = i * 3;
    RequestBuffer buffer;
    sent.emplace_back(book->request(book->steps()[journey.first_step], values, buffer));
    EXPECT_EQ(ledger.begin(journey.first_step, values, Duration(i)), i);
  }
  ASSERT_EQ(ledger.size(), sent.size());
  std::size_t i = 0;
  ledger.for_each([&](const LedgerRecord& record) {
    EXPECT_EQ(ledger.request_text(record), sent[i]);
    EXPECT_EQ(record.sent_ns, static_cast<std::int64_t>(i));
    EXPECT_EQ(record.outcome, LedgerOutcome::kUnknown);  // Until an answer says otherwise.
    ++i;
  });
  EXPECT_EQ(i, sent.size());
}

TEST(Ledger, KeepsOnlyWhatTheRequestReallySaid) {
  const auto book = compile(mixed_plan());
  Ledger ledger(book);
  const Values values{
      .sequence = 9, .user = 3, .coupon = 2, .amount = 700, .items = {{5, 1}, {6, 2}}};
  const auto record_of = [&](std::size_t step) -> const LedgerRecord& {
    return ledger[ledger.begin(step, values, Duration(0))];
  };
  const auto& order = record_of(0);
  EXPECT_EQ(order.kind, OperationKind::kOrder);
  EXPECT_EQ(order.coupon, CouponId{2});
  EXPECT_EQ(order.amount, Money{0});
  EXPECT_THAT(ledger.items(order), ElementsAre(Item{5, 1}, Item{6, 2}));
  EXPECT_EQ(ledger.key(order), "run-9");
  EXPECT_EQ(ledger.journey(order), "order");
  const auto& charge = record_of(2);
  EXPECT_EQ(charge.amount, Money{700});
  EXPECT_EQ(charge.coupon, CouponId{0});
  EXPECT_TRUE(ledger.items(charge).empty());
  EXPECT_THAT(ledger.items(record_of(3)), ElementsAre(Item{5, 1}));  // A cart takes one line.
  EXPECT_TRUE(ledger.items(record_of(4)).empty());  // The cart's content is the server's to know.
}

TEST(Ledger, KeepsWhatTheAnswerSaid) {
  const auto book = compile(mixed_plan());
  Ledger ledger(book);
  const auto order = ledger.begin(0, {.user = 1}, Duration(0));
  const auto issue = ledger.begin(1, {.user = 1, .coupon = 2}, Duration(0));
  const auto id = *parse_order_id("018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f");
  ledger.finish(order, {.outcome = LedgerOutcome::kAcknowledged,
                        .status = 201,
                        .received_us = 77,
                        .order = id,
                        .total = Money{1'234}});
  ledger.finish(issue, {.outcome = LedgerOutcome::kRefused, .status = 409, .code = "SOLD_OUT"});
  EXPECT_EQ(ledger[order].order, id);
  EXPECT_EQ(ledger[order].amount, Money{1'234});
  EXPECT_EQ(ledger[order].received_us, 77);
  EXPECT_EQ(ledger[order].status, 201);
  EXPECT_EQ(ledger.code(ledger[order]), "");
  EXPECT_EQ(ledger[issue].outcome, LedgerOutcome::kRefused);
  EXPECT_EQ(ledger.code(ledger[issue]), "SOLD_OUT");
  EXPECT_EQ(ledger[issue].received_us, -1);
}

TEST(Ledger, RebuildsRequestsMadeOfCapturedText) {
  LoadPlan plan{.mix = {{"mine", 1}}};
  plan.journeys = {{"mine",
                    {{.name = "login", .path = "/login", .captures = {{"token", "token"}}},
                     {.name = "buy",
                      .method = "POST",
                      .path = "/buy/{token}",
                      .body = R"({"n":{iteration}})",
                      .headers = {{"Authorization", "Bearer {token}"}},
                      .kind = OperationKind::kOther}}}};
  const auto book = compile(plan);
  Ledger ledger(book);
  for (const auto* token : {"first", "second"}) {
    ledger.begin(1, {.iteration = 8, .sequence = 1, .user = 1, .captured = {token}}, Duration(0));
  }
  const auto parts = ledger.request(ledger[1]);
  EXPECT_EQ(parts.method, "POST");
  EXPECT_EQ(parts.target, "/buy/second");
  EXPECT_EQ(parts.body, R"({"n":8})");
  EXPECT_EQ(parts.key, "load-1");
  EXPECT_THAT(parts.headers, testing::Contains(testing::Pair("Authorization", "Bearer second")));
  EXPECT_THAT(parts.headers, testing::Contains(testing::Pair("Idempotency-Key", "load-1")));
  EXPECT_EQ(ledger.request(ledger[0]).target, "/buy/first");
}

TEST(Ledger, CostsAHundredBytesAnOperation) {
  const auto book = compile(mixed_plan());
  Ledger ledger(book);
  for (int i = 0; i < 100; ++i) ledger.begin(1, {.user = 1, .coupon = 1}, Duration(0));
  EXPECT_EQ(ledger.bytes(), 9'600U);
}

}  // namespace
}  // namespace stampede::load
