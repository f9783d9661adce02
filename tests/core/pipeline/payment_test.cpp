// The external payment: made once, at the moment the options say, and given back whenever the
// order does not come to be. After each story the provider holds exactly the totals of the
// completed orders.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/core/pipeline/payment_sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::change;
using testing::expect_money_conserved;
using testing::is_accepted;
using testing::is_refused;
using testing::item;
using testing::kConflict;
using testing::kLostAnswer;
using testing::kLostCommit;
using testing::kLostConnection;
using testing::name_of;
using testing::order_of;
using testing::Sale;

class EveryPlacement : public ::testing::TestWithParam<PaymentPlacement> {
 protected:
  // Optimistic, because it retries.
  Sale sale_{Options{.payment = GetParam()}, "optimistic"};
};

INSTANTIATE_TEST_SUITE_P(Payment, EveryPlacement,
                         ::testing::Values(PaymentPlacement::kBeforeLock, PaymentPlacement::kInLock,
                                           PaymentPlacement::kInTransaction),
                         name_of);

TEST_P(EveryPlacement, PaysTheTotalOfTheOrder) {
  Phases phases;
  Context context{Clock::now() + std::chrono::seconds(30), phases};
  sale_.payments.answer([](const OrderId&, Money amount) -> Result<Outcome> {
    EXPECT_EQ(amount, Money{2 * 102 - 30});
    for (const auto until = Clock::now() + std::chrono::milliseconds(1); Clock::now() < until;) {
    }
    return Outcome::commit();
  });
  auto request = order_of(1, {item(3, 2)});
  request.coupon = CouponId{1};
  ASSERT_TRUE(is_accepted(sale_.pipeline.place_order(request, context)));
  EXPECT_EQ(sale_.payments.calls(), 1);
  EXPECT_GE(phases.spent(Phase::kPayment), std::chrono::milliseconds(1));
  EXPECT_EQ(phases.attempts, 1U);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, PaysForACart) {
  ASSERT_TRUE(is_accepted(sale_.add_to_cart({UserId{1}, item(2, 3), {}})));
  ASSERT_TRUE(is_accepted(sale_.order(order_of(1, {}))));
  EXPECT_EQ(sale_.payments.calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, DoesNotPayForAnOrderThatCostsNothing) {
  ASSERT_TRUE(is_accepted(sale_.issue({UserId{1}, CouponId{3}, {}})));
  auto request = order_of(1, {item(3, 2)});
  request.coupon = CouponId{3};
  ASSERT_TRUE(is_accepted(sale_.order(request)));
  EXPECT_EQ(sale_.payments.calls(), 0);
}

TEST_P(EveryPlacement, DoesNotPayForWhatIsRefusedAnyway) {
  EXPECT_TRUE(is_refused(sale_.order(order_of(99, {item(1, 1)})), RefusalCode::kUserNotFound));
  EXPECT_TRUE(is_refused(sale_.order(order_of(1, {item(99, 1)})), RefusalCode::kProductNotFound));
  EXPECT_TRUE(is_refused(sale_.order(order_of(1, {item(1, 11)})), RefusalCode::kInsufficientStock));
  EXPECT_TRUE(is_refused(sale_.order(order_of(1, {})), RefusalCode::kCartEmpty));
  std::vector<ItemRequest> dear;
  for (std::int64_t product = 1; product <= 12; ++product) dear.push_back(item(product, 10));
  EXPECT_TRUE(is_refused(sale_.order(order_of(1, dear)), RefusalCode::kInsufficientBalance));
  EXPECT_EQ(sale_.payments.calls(), 0);
}

TEST_P(EveryPlacement, LeavesNothingBehindWhenDeclined) {
  sale_.payments.answer([](const OrderId&, Money) -> Result<Outcome> {
    return Outcome::refuse(RefusalCode::kPaymentDeclined);
  });
  auto request = order_of(1, {item(3, 2)}, "key");
  request.coupon = CouponId{1};
  EXPECT_TRUE(is_refused(sale_.order(request), RefusalCode::kPaymentDeclined));
  EXPECT_EQ(sale_.stock(3), 10);
  EXPECT_TRUE(sale_.orders().empty());
  EXPECT_EQ(sale_.payments.refund_calls(), 0) << "nothing was taken";
  expect_money_conserved(sale_);

  // The refusal did not use up the key.
  sale_.payments.answer(nullptr);
  EXPECT_TRUE(is_accepted(sale_.order(request)));
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, GivesBackWhatAFaultOfTheProviderMayHaveTaken) {
  for (const auto code : {ErrorCode::kInDoubt, ErrorCode::kConflict, ErrorCode::kTimeout}) {
    sale_.payments.answer([code](const OrderId&, Money) -> Result<Outcome> {
      return fail(code, "no answer in time");
    });
    const auto calls = sale_.payments.calls();
    const auto reply = sale_.order(order_of(1, {item(3, 2)}));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable) << "the order is certain not to exist";
    EXPECT_NE(reply.error().message.find("no answer in time"), std::string::npos);
    EXPECT_EQ(sale_.payments.calls(), calls + 1) << "a fault of the provider is not retried";
    EXPECT_EQ(sale_.stock(3), 10);
    expect_money_conserved(sale_);
  }
}

TEST_P(EveryPlacement, PaysOnceHoweverOftenTheWorkIsRetried) {
  sale_.store.next(kConflict);
  sale_.store.next(kConflict);
  Phases phases;
  Context context{Clock::now() + std::chrono::seconds(30), phases};
  ASSERT_TRUE(is_accepted(sale_.pipeline.place_order(order_of(1, {item(3, 2)}), context)));
  EXPECT_EQ(phases.attempts, 3U);
  EXPECT_EQ(sale_.payments.calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, GivesTheMoneyBackWhenTheRetriesRunOut) {
  for (int i = 0; i < 1'000; ++i) sale_.store.next(kConflict);
  Phases phases;
  Context context{Clock::now() + std::chrono::milliseconds(300), phases};
  const auto reply = sale_.pipeline.place_order(order_of(1, {item(3, 2)}), context);
  ASSERT_FALSE(reply);
  EXPECT_EQ(sale_.payments.calls(), 1);
  EXPECT_EQ(sale_.payments.refund_calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, KeepsTheMoneyWhenOnlyTheAnswerWasLost) {
  sale_.store.next(kLostAnswer);
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_FALSE(reply->replayed);
  EXPECT_EQ(reply->value->total, Money{204});
  EXPECT_EQ(sale_.payments.refund_calls(), 0);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, GivesTheMoneyBackWhenTheCommitWasLost) {
  sale_.store.next(kLostCommit);
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(sale_.payments.refund_calls(), 1);
  EXPECT_EQ(sale_.stock(3), 10);
  expect_money_conserved(sale_);

  // The order is closed, so that a commit still on its way cannot make it.
  ASSERT_EQ(sale_.orders().size(), 1U);
  EXPECT_EQ(sale_.orders()[0].status, Order::Status::kFailed);
}

TEST_P(EveryPlacement, HoldsTheMoneyWhileNobodyKnowsWhetherTheOrderExists) {
  sale_.store.next(kLostAnswer);
  for (int i = 0; i < 3; ++i) sale_.store.next(kLostConnection);
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInDoubt);
  EXPECT_EQ(sale_.payments.refund_calls(), 0) << "the order was made: its payment must stand";
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, FindsTheOrderThatWasCommittedLate) {
  // The look-up sees nothing, then the commit lands, then the order cannot be closed any more.
  sale_.store.next(kLostAnswer);
  sale_.store.next({.runs = false, .commits = false, .answer = ErrorCode::kUnavailable});
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(sale_.payments.refund_calls(), 0);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, GivesTheMoneyBackWhenEvenTheClosingLostItsAnswer) {
  sale_.store.next(kLostCommit);
  sale_.store.pass(1);  // The look-up.
  sale_.store.next(kLostAnswer);
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(sale_.orders().size(), 1U);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, GivesTheMoneyBackAfterAFaultOfTheStore) {
  sale_.store.next({.runs = true, .commits = false, .answer = ErrorCode::kInternal});
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(sale_.payments.refund_calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, NeverPaysASecondAmountForOneOrder) {
  ASSERT_TRUE(is_accepted(sale_.add_to_cart({UserId{1}, item(2, 1), {}})));
  sale_.store.next(kConflict);
  sale_.store.before(1, [&] {  // Between the attempt that paid and the next.
    change(sale_, [](Transaction& transaction) {
      EXPECT_TRUE(transaction.add_to_cart(UserId{1}, ProductId{2}, 1));
    });
  });
  EXPECT_TRUE(is_refused(sale_.order(order_of(1, {})), RefusalCode::kPaymentDeclined));
  EXPECT_EQ(sale_.payments.calls(), 1);
  EXPECT_EQ(sale_.payments.refund_calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, TriesARefundAgain) {
  sale_.store.next({.runs = true, .commits = false, .answer = ErrorCode::kUnavailable});
  sale_.payments.fail_refunds(2);
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  expect_money_conserved(sale_);
}

TEST_P(EveryPlacement, SaysSoWhenTheRefundFails) {
  sale_.store.next({.runs = true, .commits = false, .answer = ErrorCode::kUnavailable});
  sale_.payments.fail_refunds(100);
  const auto reply = sale_.order(order_of(1, {item(3, 2)}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInternal);
  EXPECT_NE(reply.error().message.find("scripted fault"), std::string::npos);
  EXPECT_NE(reply.error().message.find("204"), std::string::npos) << reply.error().message;
}

TEST_P(EveryPlacement, GivesTheMoneyBackWhenTheCartNeverStopsChanging) {
  ASSERT_TRUE(is_accepted(sale_.add_to_cart({UserId{1}, item(1, 1), {}})));
  std::int64_t next = 2;
  std::function<void()> grow = [&] {
    change(sale_, [&](Transaction& transaction) {
      EXPECT_TRUE(transaction.add_to_cart(UserId{1}, ProductId{next++}, 1));
    });
    sale_.store.before(0, grow);
  };
  sale_.store.before(0, grow);
  const auto reply = sale_.order(order_of(1, {}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kConflict);
  EXPECT_NE(reply.error().message.find("cart of user 1"), std::string::npos);
  expect_money_conserved(sale_);
}

// Notes when the strategy is entered and left.
class Watched final : public LockStrategy {
 public:
  explicit Watched(LockStrategy& inner) : inner_(inner) {}
  bool runs_on(const Store& store) const override { return inner_.runs_on(store); }
  Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                          Context& context) override {
    is_inside = true;
    auto outcome = inner_.execute(store, scope, operation, context);
    is_inside = false;
    return outcome;
  }
  bool is_inside = false;

 private:
  LockStrategy& inner_;
};

TEST_P(EveryPlacement, IsWhereItsNameSays) {
  Watched lock(*sale_.lock);
  Pipeline pipeline(sale_.store, lock, sale_.payments, sale_.clock, sale_.ids,
                    {.payment = GetParam()});
  Phases phases;
  Context context{Clock::now() + std::chrono::seconds(30), phases};
  sale_.payments.answer([&](const OrderId&, Money) -> Result<Outcome> {
    EXPECT_EQ(lock.is_inside, GetParam() != PaymentPlacement::kBeforeLock);
    EXPECT_EQ(phases.attempts, GetParam() == PaymentPlacement::kInTransaction ? 1U : 0U);
    return Outcome::commit();
  });
  EXPECT_TRUE(is_accepted(pipeline.place_order(order_of(1, {item(3, 2)}), context)));
  EXPECT_EQ(sale_.payments.calls(), 1);
}

TEST(NoPayment, IsMadeUnlessAsked) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.order(order_of(1, {item(3, 2)}))));
  EXPECT_EQ(sale.payments.calls(), 0);
}

TEST(NoPayment, IsMadeAfterTheDeadline) {
  Sale sale({.payment = PaymentPlacement::kBeforeLock});
  Phases phases;
  Context context{Clock::now(), phases};
  const auto reply = sale.pipeline.place_order(order_of(1, {item(3, 2)}), context);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(sale.payments.calls(), 0);
}

}  // namespace
}  // namespace stampede::pipeline
