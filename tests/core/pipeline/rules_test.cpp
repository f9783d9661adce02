// The arithmetic and the conditions of the sale, at their edges.

#include "core/pipeline/rules.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace stampede::pipeline {
namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

OrderItem line(std::int64_t quantity, std::int64_t price) {
  return {ProductId{1}, quantity, Money{price}};
}

std::vector<ItemRequest> items_of(std::int64_t count) {
  std::vector<ItemRequest> items;
  for (std::int64_t i = 1; i <= count; ++i) items.push_back({ProductId{i}, 1});
  return items;
}

TEST(Subtotal, IsTheSumOfPriceTimesQuantity) {
  EXPECT_EQ(subtotal_of(std::vector<OrderItem>{line(2, 150), line(3, 10)}), Money{330});
  EXPECT_EQ(subtotal_of({}), Money{0});
}

TEST(Subtotal, IsNothingWhenALineDoesNotFit) {
  EXPECT_EQ(subtotal_of(std::vector<OrderItem>{line(2, kMost / 2 + 1)}), std::nullopt);
}

TEST(Subtotal, IsNothingWhenTheSumDoesNotFit) {
  EXPECT_EQ(subtotal_of(std::vector<OrderItem>{line(1, kMost), line(1, 1)}), std::nullopt);
  EXPECT_EQ(subtotal_of(std::vector<OrderItem>{line(1, kMost - 1), line(1, 1)}), Money{kMost});
}

TEST(FixedDiscount, IsTakenUpToTheSubtotal) {
  const auto fixed = [](std::int64_t value) { return Discount{Discount::Kind::kFixed, value}; };
  EXPECT_EQ(discount_on(Money{100}, fixed(30)), Money{30});
  EXPECT_EQ(discount_on(Money{100}, fixed(100)), Money{100});
  EXPECT_EQ(discount_on(Money{100}, fixed(101)), Money{100});
  EXPECT_EQ(discount_on(Money{0}, fixed(30)), Money{0});
  EXPECT_EQ(discount_on(Money{100}, fixed(-5)), Money{0});
}

TEST(PercentDiscount, IsRoundedDown) {
  const auto percent = [](std::int64_t value) { return Discount{Discount::Kind::kPercent, value}; };
  EXPECT_EQ(discount_on(Money{100}, percent(15)), Money{15});
  EXPECT_EQ(discount_on(Money{99}, percent(1)), Money{0});      // 0.99
  EXPECT_EQ(discount_on(Money{199}, percent(50)), Money{99});   // 99.5
  EXPECT_EQ(discount_on(Money{333}, percent(33)), Money{109});  // 109.89
  EXPECT_EQ(discount_on(Money{1}, percent(99)), Money{0});
  EXPECT_EQ(discount_on(Money{12'345}, percent(0)), Money{0});
  EXPECT_EQ(discount_on(Money{12'345}, percent(100)), Money{12'345});
}

TEST(PercentDiscount, StaysWithinBoundsAndDoesNotOverflow) {
  const Discount most{Discount::Kind::kPercent, 100};
  EXPECT_EQ(discount_on(Money{kMost}, most), Money{kMost});
  EXPECT_EQ(discount_on(Money{kMost}, {Discount::Kind::kPercent, 50}), Money{kMost / 2});
  EXPECT_EQ(discount_on(Money{100}, {Discount::Kind::kPercent, 150}), Money{100});
  EXPECT_EQ(discount_on(Money{100}, {Discount::Kind::kPercent, -1}), Money{0});
}

TEST(PercentDiscount, EqualsTheExactFloorForEverySmallAmount) {
  for (std::int64_t subtotal = 0; subtotal < 1'000; ++subtotal) {
    for (std::int64_t percent = 0; percent <= 100; ++percent) {
      ASSERT_EQ(discount_on(Money{subtotal}, {Discount::Kind::kPercent, percent}).minor,
                subtotal * percent / 100)
          << percent << " % of " << subtotal;
    }
  }
}

TEST(CouponValidity, IncludesItsStartAndExcludesItsEnd) {
  const auto at = [](std::int64_t t) { return TimePoint(std::chrono::microseconds(t)); };
  Coupon coupon;
  coupon.valid_from = at(10);
  coupon.valid_until = at(20);
  EXPECT_FALSE(is_active(coupon, at(9)));
  EXPECT_TRUE(is_active(coupon, at(10)));
  EXPECT_TRUE(is_active(coupon, at(19)));
  EXPECT_FALSE(is_active(coupon, at(20)));

  UserCoupon held;
  EXPECT_TRUE(is_usable(held, coupon, at(15)));
  EXPECT_FALSE(is_usable(held, coupon, at(20)));
  held.status = UserCoupon::Status::kUsed;
  EXPECT_FALSE(is_usable(held, coupon, at(15)));
}

TEST(OrderItems, AreOneToTwentyDifferentProducts) {
  EXPECT_FALSE(check_items({}));
  EXPECT_TRUE(check_items(items_of(1)));
  EXPECT_TRUE(check_items(items_of(20)));
  const auto refused = check_items(items_of(21));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().message, "the order has 21 items; expected 1..20");
}

TEST(OrderItems, NameTheProductThatAppearsTwice) {
  const auto refused = check_items(
      std::vector<ItemRequest>{{ProductId{7}, 1}, {ProductId{8}, 1}, {ProductId{7}, 2}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "product 7 appears twice; expected each product once");
}

TEST(OrderItems, HaveAQuantityFromOneToAThousand) {
  for (const std::int64_t good : {1, 1'000}) {
    EXPECT_TRUE(check_items(std::vector<ItemRequest>{{ProductId{7}, good}}));
  }
  for (const std::int64_t bad : {-1, 0, 1'001}) {
    const auto refused = check_items(std::vector<ItemRequest>{{ProductId{7}, bad}});
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().message,
              "the quantity of product 7 is " + std::to_string(bad) + "; expected 1..1000");
  }
}

}  // namespace
}  // namespace stampede::pipeline
