// The arithmetic and the conditions of the sale. Pure functions: no state, no I/O, no clock.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/api/entities.hpp"
#include "core/api/result.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

inline constexpr std::size_t kMostItems = 20;         // Different products in an order or a cart.
inline constexpr std::int64_t kMostQuantity = 1'000;  // Of one product in an order or a cart.
inline constexpr std::size_t kMostKeyBytes = 64;      // Of an Idempotency-Key or transaction id.

// 1..20 different products, 1..1000 of each; kInvalid names the item that breaks it.
Result<void> check_items(std::span<const ItemRequest> items);
Result<void> check_quantity(const ItemRequest& item);

// The sum of price times quantity, or nothing when it does not fit 64 bits.
std::optional<Money> subtotal_of(std::span<const OrderItem> items);

// What the discount takes off: never less than nothing and never more than the subtotal. A
// percentage is rounded down to a whole minor unit, so the house keeps the fraction.
Money discount_on(Money subtotal, const Discount& discount);

// Within [valid_from, valid_until).
bool is_active(const Coupon& coupon, TimePoint now);

// Held, not yet used, and active.
bool is_usable(const UserCoupon& held, const Coupon& coupon, TimePoint now);

// The sum of two amounts (both >= 0), or nothing when it does not fit 64 bits.
std::optional<Money> add(Money a, Money b);

}  // namespace stampede::pipeline
