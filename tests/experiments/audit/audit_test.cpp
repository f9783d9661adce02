// Each audit passes on honest books and fails on exactly the damage it is there for.

#include "experiments/audit/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stampede::audit {
namespace {

using Kind = Claim::Kind;
using Standing = Claim::Standing;
using testing::ElementsAre;
using testing::HasSubstr;

OrderId id(std::uint8_t n) {
  OrderId order;
  order.bytes[15] = n;
  return order;
}

// Two users with 1,000 each; product 1 with 10 units at 100. User 1 bought 3, user 2 charged 500
// and holds coupon 1; user 2 was refused 8 units.
class HonestBooks : public testing::Test {
 protected:
  HonestBooks() {
    seed.users = 2;
    seed.balance = Money{1000};
    seed.products = 1;
    seed.stock = 10;
    seed.price = Money{100};
    state.products = {{.id = ProductId{1}, .price = Money{100}, .stock = 7}};
    state.wallets = {{.user = UserId{1}, .balance = Money{700}},
                     {.user = UserId{2}, .balance = Money{1500}}};
    state.coupons = {{.id = CouponId{1}, .total = 1, .issued = 1}};
    state.user_coupons = {{.user = UserId{2}, .coupon = CouponId{1}, .request_key = "k3"}};
    state.orders = {{.id = id(1),
                     .user = UserId{1},
                     .status = Order::Status::kCompleted,
                     .items = {{ProductId{1}, 3, Money{100}}},
                     .subtotal = Money{300},
                     .total = Money{300},
                     .request_key = "k1"}};
    state.charges = {{.transaction_id = "k2", .user = UserId{2}, .amount = Money{500}}};
    claims = {{.kind = Kind::kOrder,
               .standing = Standing::kAcknowledged,
               .key = "k1",
               .user = UserId{1},
               .items = {{ProductId{1}, 3}},
               .order = id(1),
               .received_us = 10},
              {.kind = Kind::kCharge,
               .standing = Standing::kAcknowledged,
               .key = "k2",
               .user = UserId{2},
               .amount = Money{500}},
              {.kind = Kind::kIssue,
               .standing = Standing::kAcknowledged,
               .key = "k3",
               .user = UserId{2},
               .coupon = CouponId{1},
               .received_us = 20},
              {.kind = Kind::kOrder,
               .standing = Standing::kRefused,
               .key = "k4",
               .user = UserId{2},
               .items = {{ProductId{1}, 8}},
               .code = "INSUFFICIENT_STOCK",
               .received_us = 30},
              {.kind = Kind::kIssue,
               .standing = Standing::kRefused,
               .key = "k5",
               .user = UserId{1},
               .coupon = CouponId{1},
               .code = "SOLD_OUT",
               .received_us = 40}};
  }

  Books books() const { return {seed, claims, state}; }

  // The names of the audits that fail.
  std::vector<std::string> failing() const {
    std::vector<std::string> names;
    for (const auto& finding : audit_all(books())) {
      if (finding.verdict == Verdict::kFail) names.push_back(finding.name);
    }
    return names;
  }

  Seed seed;
  FinalState state;
  std::vector<Claim> claims;
};

TEST_F(HonestBooks, PassEveryAudit) {
  for (const auto& finding : audit_all(books())) {
    EXPECT_EQ(finding.verdict, Verdict::kPass) << finding.name << ": " << finding.summary;
  }
}

TEST_F(HonestBooks, FailWhenAnAcknowledgedOrderIsLost) {
  claims.push_back({.kind = Kind::kOrder, .standing = Standing::kAcknowledged, .key = "k9"});
  EXPECT_THAT(failing(), ElementsAre("orders"));
  EXPECT_THAT(orders_exist(books()).evidence.front(), HasSubstr("k9"));
}

TEST_F(HonestBooks, FailWhenAnOrderIsStoredTwice) {
  state.orders.push_back(state.orders.front());
  state.orders.back().id = id(2);
  EXPECT_THAT(orders_exist(books()).evidence, ElementsAre(HasSubstr("repeats the effect")));
}

TEST_F(HonestBooks, FailWhenAnOrderWasRefusedOrNeverSent) {
  state.orders.front().request_key = "k4";
  EXPECT_EQ(orders_exist(books()).verdict, Verdict::kFail);
  state.orders.front().request_key = "stranger";
  EXPECT_EQ(orders_exist(books()).verdict, Verdict::kFail);
}

TEST_F(HonestBooks, AllowAnUnknownOrderToBeThereOrNot) {
  claims[0].standing = Standing::kUnknown;
  EXPECT_EQ(orders_exist(books()).verdict, Verdict::kPass);
  claims.push_back({.kind = Kind::kOrder, .standing = Standing::kUnknown, .key = "k8"});
  EXPECT_EQ(orders_exist(books()).verdict, Verdict::kPass);
}

TEST_F(HonestBooks, AllowAnAcceptedOrderToFailVisibly) {
  state.orders[0].status = Order::Status::kFailed;
  state.orders[0].failure = "INSUFFICIENT_STOCK";
  EXPECT_EQ(orders_exist(books()).verdict, Verdict::kPass);
}

TEST_F(HonestBooks, FailWhenTheAnswerNamedAnotherOrder) {
  claims[0].order = id(7);
  EXPECT_THAT(failing(), ElementsAre("orders"));
}

TEST_F(HonestBooks, FailWhenAChargeIsLost) {
  state.charges.clear();
  state.wallets[1].balance = Money{1000};
  EXPECT_THAT(failing(), ElementsAre("orders"));
}

TEST_F(HonestBooks, FailWhenAnUpdateOfALargeStockIsLost) {
  state.products[0].stock = 8;
  EXPECT_THAT(failing(), ElementsAre("stock", "undersold"));
  EXPECT_THAT(stock_conserved(books()).evidence,
              ElementsAre("product 1: 2 units left the stock, but 3 were sold"));
}

TEST_F(HonestBooks, FailWhenMoreWasSoldThanThereWas) {
  state.orders[0].items[0].quantity = 11;
  EXPECT_THAT(oversold(books()).evidence, ElementsAre("product 1: 11 sold of 10"));
}

TEST_F(HonestBooks, FailWhenARefusedQuantityIsStillThere) {
  claims[3].items[0].quantity = 7;
  EXPECT_THAT(failing(), ElementsAre("undersold"));
}

TEST_F(HonestBooks, CannotTellUndersellingOnceStockWasReturned) {
  claims[3].items[0].quantity = 7;
  state.orders.push_back({.id = id(2), .status = Order::Status::kFailed, .request_key = "k6"});
  EXPECT_EQ(undersold(books()).verdict, Verdict::kUnknown);
}

TEST_F(HonestBooks, CannotTellUndersellingWhereAGateHeldStockForWhatCameToNothing) {
  claims[3].items[0].quantity = 7;
  state.has_stock_gate = true;
  EXPECT_EQ(undersold(books()).verdict, Verdict::kFail);
  claims.push_back({.kind = Kind::kOrder,
                    .standing = Standing::kRefused,
                    .key = "k6",
                    .user = UserId{1},
                    .items = {{ProductId{1}, 7}},
                    .code = "INSUFFICIENT_BALANCE"});
  EXPECT_EQ(undersold(books()).verdict, Verdict::kUnknown);
}

TEST_F(HonestBooks, CountAnOrderThatFailedLaterAsRefused) {
  claims[3].items[0].quantity = 3;
  claims[3].received_us = 5;
  EXPECT_EQ(fairness(books()).verdict, Verdict::kFail);
  state.orders[0].status = Order::Status::kFailed;
  state.orders[0].failure = "INSUFFICIENT_STOCK";
  EXPECT_EQ(fairness(books()).verdict, Verdict::kPass);
}

TEST_F(HonestBooks, FailWhenAUserHoldsACouponTwice) {
  state.user_coupons.push_back(state.user_coupons.front());
  EXPECT_THAT(failing(), ElementsAre("coupons"));
  EXPECT_EQ(coupons(books()).evidence.size(), 3U);  // Twice, beyond the total, beyond the counter.
}

TEST_F(HonestBooks, FailWhenAPromisedCouponIsNotThere) {
  state.user_coupons.clear();
  state.coupons[0].issued = 0;
  EXPECT_THAT(coupons(books()).evidence,
              ElementsAre(HasSubstr("was promised"), HasSubstr("was told")));
}

TEST_F(HonestBooks, AllowAnAcceptedRequestForACouponToFailVisibly) {
  claims.push_back({.kind = Kind::kIssue,
                    .standing = Standing::kAcknowledged,
                    .key = "k7",
                    .user = UserId{1},
                    .coupon = CouponId{1}});
  EXPECT_THAT(coupons(books()).evidence, ElementsAre(HasSubstr("user 1 was promised coupon 1")));
  state.failed_issues = {{"k7", UserId{1}, CouponId{1}, "SOLD_OUT"}};
  EXPECT_EQ(coupons(books()).verdict, Verdict::kPass);
  EXPECT_THAT(coupons(books()).summary, HasSubstr("1 accepted requests failed"));
}

TEST_F(HonestBooks, FailWhenAnAcceptedRequestIsNeitherIssuedNorFailed) {
  claims.push_back({.kind = Kind::kIssue,
                    .standing = Standing::kAcknowledged,
                    .key = "k7",
                    .user = UserId{2},
                    .coupon = CouponId{1}});
  EXPECT_THAT(coupons(books()).evidence,
              ElementsAre("request \"k7\" was accepted, but neither issued nor failed"));
}

TEST_F(HonestBooks, FailWhenARequestBothFailedAndWasIssued) {
  state.failed_issues = {{"k3", UserId{2}, CouponId{1}, "USER_NOT_FOUND"}};
  EXPECT_THAT(coupons(books()).evidence, ElementsAre("request \"k3\" failed, and was issued"));
}

TEST_F(HonestBooks, FailWhenCouponsAreLeftThatSomebodyWasToldAreGone) {
  state.coupons[0].total = 2;
  EXPECT_THAT(coupons(books()).evidence, ElementsAre(HasSubstr("but 1 are left")));
  state.failed_issues = {{"k8", UserId{3}, CouponId{1}, "SOLD_OUT"}};
  EXPECT_EQ(coupons(books()).evidence.size(), 2U);
  // What was returned may have been sold out before.
  state.failed_issues = {{"k8", UserId{3}, CouponId{1}, "USER_NOT_FOUND"}};
  EXPECT_EQ(coupons(books()).verdict, Verdict::kPass);
}

TEST_F(HonestBooks, FailWhenAUserWasToldThatHeHasACouponAndHasNone) {
  claims[4].code = "ALREADY_ISSUED";
  EXPECT_THAT(coupons(books()).evidence, ElementsAre(HasSubstr("was told that he has coupon 1")));
}

TEST_F(HonestBooks, FailWhenACouponIsUsedInMoreOrdersThanItIsHeld) {
  state.orders[0].coupon = CouponId{1};
  EXPECT_THAT(coupons(books()).evidence,
              ElementsAre("user 1 used coupon 1 in 1 orders, but held 0"));
}

TEST_F(HonestBooks, FailWhenABalanceDoesNotAddUp) {
  state.wallets[0].balance = Money{701};
  EXPECT_THAT(failing(), ElementsAre("money"));
  EXPECT_THAT(money(books()).evidence,
              ElementsAre("user 1 has 701, but started with 1000 and -300 was booked"));
}

TEST_F(HonestBooks, FailWhenTheGatewayKeptMoneyOfNoOrder) {
  state.payments_taken = Money{500};
  state.payments_refunded = Money{100};
  EXPECT_THAT(money(books()).evidence,
              ElementsAre("the payment gateway kept 400, the completed orders cost 300"));
  state.payments_refunded = Money{200};
  EXPECT_EQ(money(books()).verdict, Verdict::kPass);
}

TEST_F(HonestBooks, FailWhenTheCouponOfACompletedOrderIsNotMarkedOrThatOfAFailedOneIs) {
  state.orders.push_back({.id = id(2),
                          .user = UserId{2},
                          .status = Order::Status::kCompleted,
                          .coupon = CouponId{1},
                          .request_key = "k9"});
  EXPECT_THAT(saga(books()).evidence, ElementsAre(HasSubstr("coupon 1 of user 2 is not marked")));
  state.user_coupons[0].used_by = id(2);
  EXPECT_EQ(saga(books()).verdict, Verdict::kPass);
  state.orders.back().status = Order::Status::kFailed;
  EXPECT_THAT(saga(books()).evidence, ElementsAre(HasSubstr("failed, but a coupon is marked")));
}

TEST_F(HonestBooks, FailWhenAnOrderIsNotFinal) {
  state.orders[0].status = Order::Status::kPending;
  EXPECT_EQ(saga(books()).verdict, Verdict::kFail);
}

// The honest order, as five services would have told it.
class ToldBooks : public HonestBooks {
 protected:
  ToldBooks() {
    state.has_services = true;
    tell("ORDER_PENDING");
    tell("PAYMENT_SUCCESSFUL");
    tell("STOCK_DECREASED");
    tell("ORDER_COMPLETED");
    state.events.push_back({.service = "coupon", .id = "no-order", .topic = "COUPON_ISSUED"});
  }

  void tell(const std::string& topic, std::uint8_t order = 1) {
    state.events.push_back(
        {.service = "order", .id = to_string(id(order)) + "/" + topic, .topic = topic});
  }
  void forget(const std::string& topic) {
    std::erase_if(state.events, [&](const ToldEvent& event) { return event.topic == topic; });
  }
};

TEST_F(ToldBooks, PassWhenEachStepWasToldOnce) {
  EXPECT_THAT(failing(), ElementsAre());
  EXPECT_EQ(events(books()).summary, "4 events of 1 orders");
}

TEST_F(ToldBooks, FailWhenAStepOfACompletedOrderIsMissing) {
  forget("STOCK_DECREASED");
  EXPECT_THAT(failing(), ElementsAre("events"));
  EXPECT_THAT(events(books()).evidence, ElementsAre(HasSubstr("STOCK_DECREASED was told 0 times")));
}

TEST_F(ToldBooks, FailWhenAStepWasToldTwice) {
  tell("PAYMENT_SUCCESSFUL");
  EXPECT_THAT(events(books()).evidence,
              ElementsAre(HasSubstr("PAYMENT_SUCCESSFUL was told 2 times")));
}

TEST_F(ToldBooks, FailWhenAnEventIsOfAnOrderThatIsNotThere) {
  tell("ORDER_PENDING", 9);
  EXPECT_THAT(events(books()).evidence, ElementsAre(HasSubstr("ORDER_PENDING was told of order")));
}

TEST_F(ToldBooks, FailWhenAnEventWasPutAside) {
  state.dead_letters = 1;
  EXPECT_THAT(failing(), ElementsAre("events"));
  state.last_dead_letter = "user: ORDER_PENDING 1/A: INTERNAL: on fire";
  EXPECT_THAT(events(books()).evidence,
              ElementsAre("1 events were put aside, the last by user: ORDER_PENDING 1/A: INTERNAL: "
                          "on fire"));
}

TEST_F(ToldBooks, KnowTheWaysInWhichAnOrderFails) {
  state.orders[0].status = Order::Status::kFailed;
  forget("ORDER_COMPLETED");
  tell("ORDER_FAILED");
  EXPECT_EQ(events(books()).verdict, Verdict::kPass) << "it timed out, and everything is put back";
  tell("PAYMENT_FAILED");
  EXPECT_EQ(events(books()).verdict, Verdict::kFail) << "paid and not paid";
  forget("PAYMENT_SUCCESSFUL");
  EXPECT_EQ(events(books()).verdict, Verdict::kFail) << "took stock without a payment";
  forget("STOCK_DECREASED");
  EXPECT_EQ(events(books()).verdict, Verdict::kPass);
  state.orders[0].items.clear();
  state.events.clear();
  EXPECT_EQ(events(books()).verdict, Verdict::kPass) << "it was given up before it was accepted";
}

TEST_F(HonestBooks, CountGrantsThatOvertookARefusal) {
  claims[3].received_us = 5;  // Asked for 8 before 3 were granted: the smaller one may pass.
  EXPECT_EQ(fairness(books()).verdict, Verdict::kPass);
  claims[3].items[0].quantity = 2;
  const auto finding = fairness(books());
  EXPECT_EQ(finding.verdict, Verdict::kFail);
  EXPECT_TRUE(finding.informative);
  EXPECT_THAT(finding.summary, HasSubstr("1 inversions"));
}

TEST_F(HonestBooks, CannotTellFairnessWithoutReceipts) {
  for (auto& claim : claims) claim.received_us.reset();
  EXPECT_EQ(fairness(books()).verdict, Verdict::kUnknown);
}

TEST(UnreadableBooks, NeverPass) {
  for (const auto& finding : all_unknown("the server died")) {
    EXPECT_EQ(finding.verdict, Verdict::kUnknown);
    EXPECT_EQ(finding.summary, "the server died");
  }
}

}  // namespace
}  // namespace stampede::audit
