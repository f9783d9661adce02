#include "core/calls/remote.hpp"

#include <utility>

#include "core/calls/wire.hpp"

namespace stampede::calls {

namespace {

// An answer that is none is the other side's bug.
template <typename Value>
Result<Value> understood(Result<Value> answer, std::string_view name) {
  if (answer) return answer;
  return fail(ErrorCode::kInternal, "the answer to the call \"" + std::string(name) +
                                        "\" is none: " + answer.error().message);
}

}  // namespace

Result<saga::Quoted> Remote::quote(std::span<const ProductId> products, saga::Call& call) {
  const auto body = peers_.call(saga::Area::kProduct, kQuote, encode_products(products), call);
  if (!body) return Unexpected(body.error());
  auto quoted = understood(decode_quoted(*body), kQuote);
  const bool is_whole = !quoted || quoted->refusal != RefusalCode::kNone ||
                        quoted->products.size() == products.size();
  if (is_whole) return quoted;
  return fail(ErrorCode::kInternal, "the answer to the call \"quote\" lacks products");
}

Result<saga::Reservation> Remote::reserve(const saga::ReserveCoupon& request, saga::Call& call) {
  const auto body = peers_.call(saga::Area::kCoupon, kReserve, encode_reserve(request), call);
  if (!body) return Unexpected(body.error());
  return understood(decode_reservation(*body), kReserve);
}

Result<void> Remote::release(const saga::ReserveCoupon& request, saga::Call& call) {
  const auto body = peers_.call(saga::Area::kCoupon, kRelease, encode_reserve(request), call);
  if (!body) return Unexpected(body.error());
  return {};
}

Result<Order::Status> Remote::settle(const saga::ReserveCoupon& reserved, saga::Call& call) {
  const auto body = peers_.call(saga::Area::kOrder, kSettle, encode_reserve(reserved), call);
  if (!body) return Unexpected(body.error());
  return understood(decode_status(*body), kSettle);
}

}  // namespace stampede::calls
