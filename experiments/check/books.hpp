// Everything a store holds that a sale may get wrong, and whether it adds up.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/api/store.hpp"

namespace stampede::check {

struct Books {
  std::vector<Product> products;
  std::vector<Wallet> wallets;
  std::vector<Coupon> coupons;
  std::vector<UserCoupon> user_coupons;
  std::vector<Order> orders;
  std::vector<Charge> charges;
  std::vector<OutboxRow> outbox;

  // What is committed now. Throws std::runtime_error when the store cannot be read.
  static Books of(Store& store);

  std::int64_t stock(ProductId id) const;
  Money balance(UserId user) const;
  std::int64_t issued(CouponId coupon) const;

  // Rows as text, a line each: equal texts mean that nothing was changed, not even a version.
  std::string text() const;
};

// What does not add up between `before` and `after`, a line each; "" when all is well. Each order,
// each issue and each deposit makes one event, and `acknowledged` of them together were confirmed
// to their callers.
std::string contradictions(const Books& before, const Books& after, std::size_t acknowledged);

}  // namespace stampede::check
