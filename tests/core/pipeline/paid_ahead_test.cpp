// Payments made before the work: what they are for may have changed by then.

#include <gtest/gtest.h>

#include <chrono>

#include "tests/core/pipeline/payment_sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::change;
using testing::expect_money_conserved;
using testing::is_accepted;
using testing::is_refused;
using testing::item;
using testing::name_of;
using testing::order_of;
using testing::Sale;
using testing::sell_out;

class PaidAhead : public ::testing::TestWithParam<PaymentPlacement> {
 protected:
  Sale sale_{Options{.payment = GetParam()}, "optimistic"};
};

INSTANTIATE_TEST_SUITE_P(Payment, PaidAhead,
                         ::testing::Values(PaymentPlacement::kBeforeLock,
                                           PaymentPlacement::kInLock),
                         name_of);

TEST_P(PaidAhead, GivesTheMoneyBackWhenTheStockIsGoneByThen) {
  sale_.store.before(0, [&] { sell_out(sale_, 3); });
  EXPECT_TRUE(is_refused(sale_.order(order_of(1, {item(3, 2)})), RefusalCode::kInsufficientStock));
  EXPECT_EQ(sale_.payments.calls(), 1);
  EXPECT_EQ(sale_.payments.refund_calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(PaidAhead, GivesTheMoneyBackWhenTheTotalHasChanged) {
  ASSERT_TRUE(is_accepted(sale_.add_to_cart({UserId{1}, item(2, 1), {}})));
  sale_.store.before(0, [&] {
    change(sale_, [](Transaction& transaction) {
      EXPECT_TRUE(transaction.add_to_cart(UserId{1}, ProductId{2}, 1));
    });
  });
  EXPECT_TRUE(is_refused(sale_.order(order_of(1, {})), RefusalCode::kPaymentDeclined));
  EXPECT_EQ(sale_.payments.refund_calls(), 1);
  EXPECT_EQ(sale_.cart(1).size(), 1U);
  expect_money_conserved(sale_);
}

TEST_P(PaidAhead, PaysAnewWhenTheCartOutgrewItsScope) {
  ASSERT_TRUE(is_accepted(sale_.add_to_cart({UserId{1}, item(2, 1), {}})));
  sale_.store.before(0, [&] {
    change(sale_, [](Transaction& transaction) {
      EXPECT_TRUE(transaction.add_to_cart(UserId{1}, ProductId{5}, 1));
    });
  });
  const auto reply = sale_.order(order_of(1, {}));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->total, Money{101 + 104});
  EXPECT_EQ(sale_.payments.calls(), 2);
  EXPECT_EQ(sale_.payments.refund_calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(PaidAhead, DoesNotPayForACartThatOutgrewItsScopeAlready) {
  ASSERT_TRUE(is_accepted(sale_.add_to_cart({UserId{1}, item(2, 1), {}})));
  // The first view is for the scope, the second for the price.
  sale_.store.before_view(1, [&] {
    change(sale_, [](Transaction& transaction) {
      EXPECT_TRUE(transaction.add_to_cart(UserId{1}, ProductId{5}, 1));
    });
  });
  const auto reply = sale_.order(order_of(1, {}));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->items.size(), 2U);
  EXPECT_EQ(sale_.payments.calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(PaidAhead, DoesNotPayForAReplay) {
  const auto first = sale_.order(order_of(1, {item(3, 2)}, "key"));
  ASSERT_TRUE(is_accepted(first));
  const auto again = sale_.order(order_of(1, {item(3, 2)}, "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(sale_.payments.calls(), 1);
  EXPECT_TRUE(
      is_refused(sale_.order(order_of(1, {item(3, 1)}, "key")), RefusalCode::kRequestKeyReused));
  EXPECT_EQ(sale_.payments.calls(), 1);
  expect_money_conserved(sale_);
}

TEST_P(PaidAhead, GivesTheMoneyBackWhenAnotherProcessFinishedTheSameRequest) {
  // Two pipelines on one store share no keys in flight, as two processes would not.
  Pipeline other(sale_.store.inner(), *sale_.lock, sale_.payments, sale_.clock, sale_.ids, {});
  Result<Reply<Order>> first;
  sale_.store.before(1, [&] {  // After the look-up of the key, before the work.
    Phases phases;
    Context context{Clock::now() + std::chrono::seconds(30), phases};
    first = other.place_order(order_of(1, {item(3, 2)}, "key"), context);
  });
  const auto second = sale_.order(order_of(1, {item(3, 2)}, "key"));
  ASSERT_TRUE(is_accepted(first));
  ASSERT_TRUE(is_accepted(second));
  EXPECT_TRUE(second->replayed);
  testing::expect_equal(*second->value, *first->value);
  EXPECT_EQ(sale_.payments.calls(), 1);
  EXPECT_TRUE(sale_.payments.held().empty()) << "the first one was placed without a payment";
  EXPECT_EQ(sale_.stock(3), 8);
}

}  // namespace
}  // namespace stampede::pipeline
