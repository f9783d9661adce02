// Filling a cart.

#include <gtest/gtest.h>

#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::is_accepted;
using testing::is_refused;
using testing::item;
using testing::Sale;

AddToCart request_of(std::int64_t user, ItemRequest what, const std::string& key = {}) {
  return {UserId{user}, what, {key, "trace-1"}};
}

TEST(CartAddition, AnswersTheLineAsItStands) {
  Sale sale;
  const auto first = sale.add_to_cart(request_of(1, item(3, 2)));
  ASSERT_TRUE(is_accepted(first));
  EXPECT_EQ(first->value->product, ProductId{3});
  EXPECT_EQ(first->value->quantity, 2);
  const auto second = sale.add_to_cart(request_of(1, item(3, 5)));
  ASSERT_TRUE(is_accepted(second));
  EXPECT_EQ(second->value->quantity, 7);
  ASSERT_EQ(sale.cart(1).size(), 1U);
  EXPECT_EQ(sale.cart(1)[0].quantity, 7);
  EXPECT_EQ(sale.stock(3), 10) << "a cart reserves nothing";
  EXPECT_TRUE(sale.events().empty());
}

TEST(CartAddition, IsRefusedForAnUnknownUserOrProduct) {
  Sale sale;
  EXPECT_TRUE(is_refused(sale.add_to_cart(request_of(99, item(1, 1))), RefusalCode::kUserNotFound));
  EXPECT_TRUE(
      is_refused(sale.add_to_cart(request_of(1, item(99, 1))), RefusalCode::kProductNotFound));
  EXPECT_TRUE(sale.cart(1).empty());
}

TEST(CartAddition, KeepsTheQuantityWithinItsBounds) {
  Sale sale;
  for (const std::int64_t bad : {-1, 0, 1'001}) {
    const auto reply = sale.add_to_cart(request_of(1, item(3, bad)));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kInvalid);
  }
  ASSERT_TRUE(is_accepted(sale.add_to_cart(request_of(1, item(3, 999)))));
  ASSERT_TRUE(is_accepted(sale.add_to_cart(request_of(1, item(3, 1)))));
  const auto reply = sale.add_to_cart(request_of(1, item(3, 1)));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message,
            "the cart of user 1 would hold 1001 of product 3; expected at most 1000");
  EXPECT_EQ(sale.cart(1)[0].quantity, 1'000);
}

TEST(CartAddition, KeepsTheCartToWhatAnOrderMayHave) {
  Sale sale;
  for (std::int64_t product = 1; product <= 20; ++product) {
    ASSERT_TRUE(is_accepted(sale.add_to_cart(request_of(1, item(product, 1)))));
  }
  const auto reply = sale.add_to_cart(request_of(1, item(21, 1)));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(is_accepted(sale.add_to_cart(request_of(1, item(20, 1))))) << "no new product";
  EXPECT_TRUE(is_accepted(sale.order(testing::order_of(1, {}))));
}

TEST(RepeatedCartAddition, GivesTheFirstAnswerAndAddsOnce) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.add_to_cart(request_of(1, item(3, 2), "key"))));
  ASSERT_TRUE(is_accepted(sale.add_to_cart(request_of(1, item(3, 5)))));
  const auto again = sale.add_to_cart(request_of(1, item(3, 2), "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->value->product, ProductId{3});
  EXPECT_EQ(again->value->quantity, 2);
  EXPECT_EQ(sale.cart(1)[0].quantity, 7);
  EXPECT_TRUE(is_refused(sale.add_to_cart(request_of(1, item(3, 3), "key")),
                         RefusalCode::kRequestKeyReused));
}

TEST(CartAdditionInDoubt, IsAnsweredByItsKey) {
  Sale sale;
  sale.store.next({.runs = true, .commits = true, .answer = ErrorCode::kInDoubt});
  const auto reply = sale.add_to_cart(request_of(1, item(3, 2), "key"));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->quantity, 2);

  sale.store.next({.runs = true, .commits = true, .answer = ErrorCode::kInDoubt});
  const auto keyless = sale.add_to_cart(request_of(1, item(3, 2)));
  ASSERT_FALSE(keyless);
  EXPECT_EQ(keyless.error().code, ErrorCode::kInDoubt);
}

}  // namespace
}  // namespace stampede::pipeline
