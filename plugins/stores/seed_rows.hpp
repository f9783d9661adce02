// The rows that a Seed stands for, one by one, so that every store starts from the same ones.
// Pure functions; safe for concurrent use.

#pragma once

#include <cstdint>

#include "core/api/store.hpp"

namespace stampede::stores {

// kInvalid, naming the number at fault, when the seed contradicts itself.
Result<void> check(const Seed& seed);

Product seed_product(const Seed& seed, std::int64_t number);  // From 1.
Coupon seed_coupon(const Seed& seed, std::int64_t number);    // From 1.
UserCoupon seed_user_coupon(const Seed& seed, std::int64_t coupon, std::int64_t user);
CartLine seed_cart_line(const Seed& seed, std::int64_t user, std::int64_t line);  // Line from 0.

}  // namespace stampede::stores
