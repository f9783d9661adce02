#include "core/pipeline/rules.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace stampede::pipeline {

Result<void> check_quantity(const ItemRequest& item) {
  if (item.quantity >= 1 && item.quantity <= kMostQuantity) return {};
  return fail(ErrorCode::kInvalid,
              "the quantity of product " + std::to_string(value_of(item.product)) + " is " +
                  std::to_string(item.quantity) + "; expected 1.." + std::to_string(kMostQuantity));
}

Result<void> check_items(std::span<const ItemRequest> items) {
  if (items.empty() || items.size() > kMostItems) {
    return fail(ErrorCode::kInvalid, "the order has " + std::to_string(items.size()) +
                                         " items; expected 1.." + std::to_string(kMostItems));
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto quantity = check_quantity(items[i]); !quantity) return quantity;
    // At most 20 items: comparing each with each beats building a set.
    const auto earlier = items.first(i);
    const auto is_same = [&](const ItemRequest& other) {
      return other.product == items[i].product;
    };
    if (std::any_of(earlier.begin(), earlier.end(), is_same)) {
      return fail(ErrorCode::kInvalid, "product " + std::to_string(value_of(items[i].product)) +
                                           " appears twice; expected each product once");
    }
  }
  return {};
}

std::optional<Money> subtotal_of(std::span<const OrderItem> items) {
  Money sum;
  for (const auto& item : items) {
    const auto line = multiply(item.unit_price, item.quantity);
    if (!line) return std::nullopt;
    const auto next = add(sum, *line);
    if (!next) return std::nullopt;
    sum = *next;
  }
  return sum;
}

Money discount_on(Money subtotal, const Discount& discount) {
  const auto value = std::max<std::int64_t>(discount.value, 0);
  if (discount.kind == Discount::Kind::kFixed) return std::min(Money{value}, subtotal);
  // floor(subtotal * percent / 100) without the product, which could leave 64 bits.
  const auto percent = std::min<std::int64_t>(value, 100);
  return Money{subtotal.minor / 100 * percent + subtotal.minor % 100 * percent / 100};
}

bool is_active(const Coupon& coupon, TimePoint now) {
  return coupon.valid_from <= now && now < coupon.valid_until;
}

bool is_usable(const UserCoupon& held, const Coupon& coupon, TimePoint now) {
  return held.status == UserCoupon::Status::kIssued && is_active(coupon, now);
}

std::optional<Money> add(Money a, Money b) {
  if (a.minor > std::numeric_limits<std::int64_t>::max() - b.minor) return std::nullopt;
  return a + b;
}

}  // namespace stampede::pipeline
