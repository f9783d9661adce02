// What the auditor is told about each write that was sent.

#include "experiments/runner/claims.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace stampede::runner {
namespace {

using audit::Claim;
using load::LedgerOutcome;

std::shared_ptr<const load::JourneyBook> book() {
  const load::LoadPlan plan{
      .mix = {{"order", 1}, {"issue", 1}, {"charge", 1}, {"cart_add", 1}, {"order_cart", 1}},
      .key_prefix = "run"};
  auto compiled = load::JourneyBook::compile(plan);
  EXPECT_TRUE(compiled) << compiled.error().message;
  return std::make_shared<const load::JourneyBook>(std::move(*compiled));
}

enum Step : std::size_t { kOrder, kIssue, kCharge, kCartAdd, kOrderCart };

class ClaimsTest : public ::testing::Test {
 protected:
  std::size_t sent(Step step, std::uint64_t sequence) {
    return ledger_.begin(
        step,
        {.sequence = sequence, .user = 3, .coupon = 2, .amount = 700, .items = {{5, 1}, {6, 2}}},
        load::Duration(0));
  }

  load::Ledger ledger_{book()};
};

TEST_F(ClaimsTest, SayWhatWasAskedForAndWhatWasAnswered) {
  const auto order = sent(kOrder, 1);
  const auto id = *parse_order_id("018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f");
  ledger_.finish(order, {.outcome = LedgerOutcome::kAcknowledged,
                         .status = 201,
                         .received_us = 17,
                         .order = id,
                         .total = Money{300}});
  ledger_.finish(sent(kIssue, 2),
                 {.outcome = LedgerOutcome::kRefused, .status = 409, .code = "SOLD_OUT"});
  sent(kCharge, 3);
  const auto claims = claims_of(ledger_);
  ASSERT_EQ(claims.size(), 3U);
  EXPECT_EQ(claims[0].kind, Claim::Kind::kOrder);
  EXPECT_EQ(claims[0].standing, Claim::Standing::kAcknowledged);
  EXPECT_EQ(claims[0].key, "run-1");
  EXPECT_EQ(claims[0].user, UserId{3});
  EXPECT_EQ(claims[0].order, id);
  EXPECT_EQ(claims[0].coupon, CouponId{2});
  EXPECT_EQ(claims[0].received_us, 17);
  ASSERT_EQ(claims[0].items.size(), 2U);
  EXPECT_EQ(claims[0].items[1].product, ProductId{6});
  EXPECT_EQ(claims[0].items[1].quantity, 2);
  EXPECT_EQ(claims[1].kind, Claim::Kind::kIssue);
  EXPECT_EQ(claims[1].standing, Claim::Standing::kRefused);
  EXPECT_EQ(claims[1].code, "SOLD_OUT");
  EXPECT_EQ(claims[2].kind, Claim::Kind::kCharge);
  EXPECT_EQ(claims[2].standing, Claim::Standing::kUnknown);  // No answer is no "no".
  EXPECT_EQ(claims[2].amount, Money{700});
  EXPECT_EQ(claims[2].order, std::nullopt);
}

TEST_F(ClaimsTest, LeaveOutWhatNoAuditIsAbout) {
  sent(kCartAdd, 1);
  sent(kOrderCart, 2);
  const auto claims = claims_of(ledger_);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims[0].key, "run-2");
  EXPECT_TRUE(claims[0].items.empty());  // The cart's content is the server's to know.
}

}  // namespace
}  // namespace stampede::runner
