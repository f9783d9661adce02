// The sale that tests run: a few users, products and coupons with known numbers.

#pragma once

#include <chrono>

#include "core/api/store.hpp"

namespace stampede::check {

inline constexpr UserId kAda{1};
inline constexpr UserId kBob{2};
inline constexpr ProductId kTea{1};     // Costs 60.
inline constexpr ProductId kCoffee{2};  // Costs 61.
inline constexpr CouponId kHeld{1};     // Ada holds one that she has not used.
inline constexpr CouponId kRare{2};     // One may be issued.
inline constexpr CouponId kPlenty{3};   // A hundred may be issued.

// A wallet pays for one tea or one coffee, not for both, unless a test says otherwise.
inline Seed small_sale(std::int64_t stock = 10, std::int64_t balance = 100) {
  Seed seed{
      .users = 8, .balance = Money{balance}, .products = 3, .stock = stock, .price = Money{60}};
  const TimePoint until(std::chrono::hours(24));
  seed.coupons = {{.total = 1, .held_by = 1, .valid_until = until},
                  {.total = 1, .valid_until = until},
                  {.total = 100, .valid_until = until}};
  return seed;
}

}  // namespace stampede::check
