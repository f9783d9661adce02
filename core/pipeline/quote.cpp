#include "core/pipeline/quote.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/pipeline/rules.hpp"

namespace stampede::pipeline {
namespace {

Result<std::optional<UserCoupon>> held_coupon(Transaction& from, UserId user, CouponId coupon) {
  return from.user_coupon(user, coupon);
}

Result<std::optional<UserCoupon>> held_coupon(ReadView& from, UserId user, CouponId coupon) {
  auto held = from.coupons_of(user);
  if (!held) return Unexpected(held.error());
  const auto found = std::find_if(held->begin(), held->end(),
                                  [&](const UserCoupon& row) { return row.coupon == coupon; });
  if (found == held->end()) return std::optional<UserCoupon>();
  return std::optional(std::move(*found));
}

template <typename Reader>
Result<Outcome> read_lines(Reader& from, const PlaceOrder& request, Quote& quote) {
  if (request.items.empty()) {
    auto cart = from.cart(request.user);
    if (!cart) return Unexpected(cart.error());
    if (cart->empty()) return Outcome::refuse(RefusalCode::kCartEmpty);
    if (cart->size() > kMostItems) {
      return fail(ErrorCode::kInvalid,
                  "the cart of user " + std::to_string(value_of(request.user)) + " holds " +
                      std::to_string(cart->size()) +
                      " different products; an order takes at most " + std::to_string(kMostItems));
    }
    for (const auto& line : *cart) quote.items.push_back({line.product, line.quantity, Money{}});
  } else {
    for (const auto& item : request.items) {
      quote.items.push_back({item.product, item.quantity, Money{}});
    }
  }
  std::sort(quote.items.begin(), quote.items.end(),
            [](const OrderItem& a, const OrderItem& b) { return a.product < b.product; });
  return Outcome::commit();
}

template <typename Reader>
Result<Outcome> read_products(Reader& from, Quote& quote) {
  quote.products.reserve(quote.items.size());
  for (auto& item : quote.items) {
    auto read = from.product(item.product);
    if (!read) return Unexpected(read.error());
    auto& product = *read;
    if (!product) return Outcome::refuse(RefusalCode::kProductNotFound);
    item.unit_price = product->price;
    quote.products.push_back(*std::move(product));
  }
  return Outcome::commit();
}

// Takes the discount off the total.
template <typename Reader>
Result<Outcome> apply_coupon(Reader& from, CouponId id, TimePoint now, Quote& quote) {
  auto read_coupon = from.coupon(id);
  if (!read_coupon) return Unexpected(read_coupon.error());

  const auto& coupon = *read_coupon;
  if (!coupon) return Outcome::refuse(RefusalCode::kCouponNotFound);
  if (!quote.held || !is_usable(*quote.held, *coupon, now)) {
    return Outcome::refuse(RefusalCode::kCouponNotUsable);
  }
  quote.total = quote.subtotal - discount_on(quote.subtotal, coupon->discount);
  return Outcome::commit();
}

template <typename Reader>
Result<Outcome> read(Reader& from, const PlaceOrder& request, TimePoint now, Quote& quote) {
  quote = {};
  auto read_wallet = from.wallet(request.user);
  if (!read_wallet) return Unexpected(read_wallet.error());
  const auto& wallet = *read_wallet;
  if (!wallet) return Outcome::refuse(RefusalCode::kUserNotFound);
  quote.wallet = *wallet;
  if (request.coupon) {
    auto held = held_coupon(from, request.user, *request.coupon);
    if (!held) return Unexpected(held.error());
    quote.held = *std::move(held);
  }

  if (auto lines = read_lines(from, request, quote); !lines || !lines->committed()) return lines;
  if (auto found = read_products(from, quote); !found || !found->committed()) return found;

  const auto subtotal = subtotal_of(quote.items);
  if (!subtotal) {
    return fail(ErrorCode::kInvalid, "the order of user " + std::to_string(value_of(request.user)) +
                                         " costs more than 64 bits of minor units can hold");
  }
  quote.subtotal = quote.total = *subtotal;
  if (!request.coupon) return Outcome::commit();
  return apply_coupon(from, *request.coupon, now, quote);
}

}  // namespace

Result<Outcome> read_quote(Transaction& from, const PlaceOrder& request, TimePoint now,
                           Quote& quote) {
  return read(from, request, now, quote);
}

Result<Outcome> read_quote(ReadView& from, const PlaceOrder& request, TimePoint now, Quote& quote) {
  return read(from, request, now, quote);
}

Outcome check_affordable(const Quote& quote) {
  for (std::size_t i = 0; i < quote.items.size(); ++i) {
    if (quote.products[i].stock < quote.items[i].quantity) {
      return Outcome::refuse(RefusalCode::kInsufficientStock);
    }
  }
  if (quote.wallet.balance < quote.total) return Outcome::refuse(RefusalCode::kInsufficientBalance);
  return Outcome::commit();
}

}  // namespace stampede::pipeline
