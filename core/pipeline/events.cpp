#include "core/pipeline/events.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace stampede::pipeline {

namespace {

// A client's own text: quoted, and bytes that are not UTF-8 replaced.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

// Written with fmt, not with a JSON tree: this is on the path of every order, and numbers and ids
// need no escaping.
Event order_completed(const Order& order, const OrderId& event_id) {
  const auto order_id = to_string(order.id);
  fmt::memory_buffer payload;
  const auto out = std::back_inserter(payload);
  fmt::format_to(out, R"({{"orderId":"{}","userId":{},"items":[)", order_id, value_of(order.user));
  const char* separator = "";
  for (const auto& item : order.items) {
    fmt::format_to(out, R"({}{{"productId":{},"quantity":{},"unitPrice":{}}})", separator,
                   value_of(item.product), item.quantity, item.unit_price.minor);
    separator = ",";
  }
  fmt::format_to(out, "],");
  if (order.coupon) fmt::format_to(out, R"("couponId":{},)", value_of(*order.coupon));
  fmt::format_to(out, R"("subtotal":{},"total":{}}})", order.subtotal.minor, order.total.minor);
  return {.id = to_string(event_id),
          .topic = "ORDER_COMPLETED",
          .key = order_id,
          .payload = fmt::to_string(payload),
          .correlation = {}};
}

Event coupon_issued(const UserCoupon& granted, const OrderId& event_id) {
  auto payload =
      fmt::format(R"({{"userId":{},"couponId":{},"issuedAt":{})", value_of(granted.user),
                  value_of(granted.coupon), granted.issued_at.time_since_epoch().count());
  if (!granted.request_key.empty()) {
    fmt::format_to(std::back_inserter(payload), R"(,"requestKey":{})", quoted(granted.request_key));
  }
  payload += '}';
  return {.id = to_string(event_id),
          .topic = "COUPON_ISSUED",
          .key = std::to_string(value_of(granted.user)),
          .payload = std::move(payload),
          .correlation = {}};
}

Event balance_charged(const Charge& charge, const OrderId& event_id) {
  return {.id = to_string(event_id),
          .topic = "BALANCE_CHARGED",
          .key = std::to_string(value_of(charge.user)),
          .payload = fmt::format(R"({{"transactionId":{},"userId":{},"amount":{}}})",
                                 quoted(charge.transaction_id), value_of(charge.user),
                                 charge.amount.minor),
          .correlation = {}};
}

}  // namespace stampede::pipeline
