// Issuing limited coupons, one for each user.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::Fault;
using testing::is_accepted;
using testing::is_refused;
using testing::Sale;

IssueCoupon request_of(std::int64_t user, std::int64_t coupon, const std::string& key = {}) {
  return {UserId{user}, CouponId{coupon}, {key, "trace-1"}};
}

std::int64_t issued(Sale& sale, std::int64_t coupon) {
  return (*sale.view()->coupon(CouponId{coupon}))->issued;
}

TEST(IssuedCoupon, IsHeldByTheUserAndCounted) {
  Sale sale;
  const auto reply = sale.issue(request_of(7, 3, "key"));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->user, UserId{7});
  EXPECT_EQ(reply->value->coupon, CouponId{3});
  EXPECT_EQ(reply->value->status, UserCoupon::Status::kIssued);
  EXPECT_EQ(reply->value->issued_at, sale.clock.now());
  EXPECT_EQ(reply->value->request_key, "key");
  ASSERT_EQ(sale.coupons(7).size(), 1U);
  EXPECT_EQ(sale.coupons(7)[0].request_key, "key");
  EXPECT_EQ(issued(sale, 3), 1);
}

TEST(IssuedCoupon, IsToldTheWorldOnce) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.issue(request_of(7, 3))));
  EXPECT_TRUE(is_refused(sale.issue(request_of(7, 3)), RefusalCode::kCouponAlreadyIssued));
  const auto events = sale.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].topic, "COUPON_ISSUED");
  EXPECT_EQ(events[0].key, "7");
  EXPECT_EQ(events[0].correlation, "trace-1");
  EXPECT_EQ(nlohmann::json::parse(events[0].payload),
            (nlohmann::json{{"userId", 7}, {"couponId", 3}, {"issuedAt", 1000}}));
}

TEST(IssuedCoupon, IsRefusedToAUnknownUserAndForAnUnknownCoupon) {
  Sale sale;
  EXPECT_TRUE(is_refused(sale.issue(request_of(99, 3)), RefusalCode::kUserNotFound));
  EXPECT_TRUE(is_refused(sale.issue(request_of(7, 99)), RefusalCode::kCouponNotFound));
}

TEST(IssuedCoupon, IsRefusedOutsideItsWindow) {
  Sale sale;
  for (const std::int64_t outside : {499, 5'000}) {
    sale.clock.set(outside);
    EXPECT_TRUE(is_refused(sale.issue(request_of(7, 3)), RefusalCode::kCouponNotActive));
  }
  for (const std::int64_t inside : {500, 4'999}) {
    sale.clock.set(inside);
    EXPECT_TRUE(is_accepted(sale.issue(request_of(inside == 500 ? 7 : 8, 3))));
  }
}

TEST(IssuedCoupon, IsOneForEachUser) {
  Sale sale;
  EXPECT_TRUE(is_refused(sale.issue(request_of(1, 1)), RefusalCode::kCouponAlreadyIssued));
  ASSERT_TRUE(is_accepted(sale.issue(request_of(7, 1))));
  EXPECT_TRUE(is_refused(sale.issue(request_of(7, 1)), RefusalCode::kCouponAlreadyIssued));
  EXPECT_EQ(issued(sale, 1), 6);
}

TEST(IssuedCoupon, EndsWhenAllAreIssued) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.issue(request_of(6, 3))));
  ASSERT_TRUE(is_accepted(sale.issue(request_of(7, 3))));
  EXPECT_TRUE(is_refused(sale.issue(request_of(8, 3)), RefusalCode::kCouponSoldOut));
  EXPECT_EQ(issued(sale, 3), 2);
  EXPECT_TRUE(sale.coupons(8).empty());
  // Who has one hears that, not that there are no more.
  EXPECT_TRUE(is_refused(sale.issue(request_of(7, 3)), RefusalCode::kCouponAlreadyIssued));
}

TEST(RepeatedIssue, GivesTheFirstAnswerAlsoAfterTheCouponWasUsed) {
  Sale sale;
  const auto first = sale.issue(request_of(7, 3, "key"));
  ASSERT_TRUE(is_accepted(first));
  PlaceOrder order = testing::order_of(7, {testing::item(1, 1)});
  order.coupon = CouponId{3};
  ASSERT_TRUE(is_accepted(sale.order(order)));
  sale.clock.set(9'000);

  const auto again = sale.issue(request_of(7, 3, "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->value->status, UserCoupon::Status::kIssued);
  EXPECT_EQ(again->value->issued_at, first->value->issued_at);
  EXPECT_EQ(again->value->used_by, std::nullopt);
  EXPECT_EQ(again->value->version, first->value->version);
  EXPECT_EQ(issued(sale, 3), 1);
}

TEST(RepeatedIssue, OfAnotherCouponUnderTheKeyIsRefused) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.issue(request_of(7, 3, "key"))));
  EXPECT_TRUE(is_refused(sale.issue(request_of(7, 1, "key")), RefusalCode::kRequestKeyReused));
  EXPECT_TRUE(is_refused(sale.issue(request_of(8, 3, "key")), RefusalCode::kRequestKeyReused));
}

TEST(IssueInDoubt, IsAnsweredByWhatTheStoreHolds) {
  Sale sale;
  sale.store.next({.runs = true, .commits = true, .answer = ErrorCode::kInDoubt});
  ASSERT_TRUE(is_accepted(sale.issue(request_of(7, 3))));

  sale.store.next({.runs = true, .commits = false, .answer = ErrorCode::kInDoubt});
  const auto lost = sale.issue(request_of(8, 3));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kInDoubt);
  EXPECT_TRUE(sale.coupons(8).empty());
}

TEST(IssueInDoubt, DoesNotTakeAnothersCouponForItsOwn) {
  Sale sale;
  sale.store.next({.runs = false, .commits = false, .answer = ErrorCode::kInDoubt});
  const auto reply = sale.issue(request_of(1, 1));  // Held from the start.
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInDoubt);
}

}  // namespace
}  // namespace stampede::pipeline
