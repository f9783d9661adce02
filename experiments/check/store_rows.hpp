// Rows for checks and tests of stores: a small seed, orders and grants by number, and operations
// made from functions. Pure.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/api/store.hpp"

namespace stampede::check {

// An operation whose work is a function.
class Work final : public Operation {
 public:
  using Body = std::function<Result<Outcome>(Transaction&)>;
  explicit Work(Body body) : body_(std::move(body)) {}
  Result<Outcome> work(Transaction& transaction) override { return body_(transaction); }

 private:
  Body body_;
};

inline TimePoint at(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

inline OrderId order_id(std::uint64_t number) {
  OrderId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[7 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    id.bytes[15 - i] = static_cast<std::uint8_t>((number * 0x9E3779B97F4A7C15ULL) >> (8 * i));
  }
  return id;
}

// Two lines, 301 in all, of the time 1000 s + number.
inline Order make_order(std::uint64_t number, UserId user = UserId{1}) {
  return {.id = order_id(number),
          .user = user,
          .status = Order::Status::kCompleted,
          .items = {{ProductId{1}, 2, Money{100}}, {ProductId{2}, 1, Money{101}}},
          .coupon = std::nullopt,
          .subtotal = Money{301},
          .total = Money{301},
          .created_at = at(static_cast<std::int64_t>(1000 + number)),
          .request_key = ""};
}

inline UserCoupon make_grant(UserId user, CouponId coupon) {
  return {.user = user, .coupon = coupon, .issued_at = at(5), .request_key = "key"};
}

// 20 users with 1,000 each, 10 products of 10 units, 3 cart lines, 3 coupons.
inline Seed small_seed() {
  Seed seed{.users = 20,
            .balance = Money{1000},
            .products = 10,
            .stock = 10,
            .price = Money{100},
            .cart_lines = 3,
            .cart_quantity = 2};
  seed.coupons = {
      {{Discount::Kind::kFixed, 50}, 5, 0, at(0), at(1'000'000)},
      {{Discount::Kind::kPercent, 10}, 20, 15, at(10), at(20)},
      {{Discount::Kind::kPercent, 100}, 1, 0, at(0), at(9)},
  };
  return seed;
}

}  // namespace stampede::check
