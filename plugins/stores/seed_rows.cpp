#include "plugins/stores/seed_rows.hpp"

#include <string>
#include <string_view>

namespace stampede::stores {

namespace {

Result<void> at_least(std::string_view what, std::int64_t number, std::int64_t least) {
  if (number >= least) return {};
  return fail(ErrorCode::kInvalid, "seed: " + std::string(what) + " must be at least " +
                                       std::to_string(least) + ", not " + std::to_string(number));
}

Result<void> at_most(std::string_view what, std::int64_t number, std::int64_t most,
                     std::string_view why) {
  if (number <= most) return {};
  return fail(ErrorCode::kInvalid, "seed: " + std::string(what) + " must be at most " +
                                       std::to_string(most) + " (" + std::string(why) + "), not " +
                                       std::to_string(number));
}

const SeedCoupon& coupon_of(const Seed& seed, std::int64_t number) {
  return seed.coupons[static_cast<std::size_t>(number - 1)];
}

Result<void> check(const Seed& seed, const SeedCoupon& coupon) {
  return at_least("coupons.total", coupon.total, 0)
      .and_then([&] { return at_least("coupons.held_by", coupon.held_by, 0); })
      .and_then([&] {
        return at_most("coupons.held_by", coupon.held_by, seed.users, "the users there are");
      })
      .and_then([&] {
        return at_most("coupons.held_by", coupon.held_by, coupon.total, "the coupon's total");
      });
}

}  // namespace

Result<void> check(const Seed& seed) {
  auto checked =
      at_least("users", seed.users, 0)
          .and_then([&] { return at_least("products", seed.products, 0); })
          .and_then([&] { return at_least("stock", seed.stock, 0); })
          .and_then([&] { return at_least("balance", seed.balance.minor, 0); })
          .and_then([&] { return at_least("price", seed.price.minor, 0); })
          .and_then([&] { return at_least("cart_lines", seed.cart_lines, 0); })
          .and_then([&] {
            return at_most("cart_lines", seed.cart_lines, seed.products, "the products there are");
          })
          .and_then([&] {
            return at_least("cart_quantity", seed.cart_quantity, seed.cart_lines == 0 ? 0 : 1);
          });
  for (const auto& coupon : seed.coupons) {
    if (!checked) break;
    checked = check(seed, coupon);
  }
  return checked;
}

Product seed_product(const Seed& seed, std::int64_t number) {
  return {.id = ProductId{number},
          .name = "Product " + std::to_string(number),
          .price = seed.price + Money{(number - 1) % 10},
          .stock = seed.stock};
}

Coupon seed_coupon(const Seed& seed, std::int64_t number) {
  const auto& coupon = coupon_of(seed, number);
  return {.id = CouponId{number},
          .discount = coupon.discount,
          .total = coupon.total,
          .issued = coupon.held_by,
          .valid_from = coupon.valid_from,
          .valid_until = coupon.valid_until};
}

UserCoupon seed_user_coupon(const Seed& seed, std::int64_t coupon, std::int64_t user) {
  return {.user = UserId{user},
          .coupon = CouponId{coupon},
          .issued_at = coupon_of(seed, coupon).valid_from};
}

CartLine seed_cart_line(const Seed& seed, std::int64_t user, std::int64_t line) {
  return {.product = ProductId{(user + line) % seed.products + 1}, .quantity = seed.cart_quantity};
}

}  // namespace stampede::stores
