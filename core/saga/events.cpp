#include "core/saga/events.hpp"

#include <utility>

#include "core/http/json_document.hpp"
#include "core/http/json_reader.hpp"
#include "core/http/json_writer.hpp"

namespace stampede::saga {

namespace {

constexpr std::size_t kMostLines = 1'000;
constexpr std::size_t kLongestText = 1'000;

std::string key_of(const Order& order, EventKey key) {
  switch (key) {
    case EventKey::kUser:
      return std::to_string(value_of(order.user));
    case EventKey::kProduct:
      if (!order.items.empty()) return std::to_string(value_of(order.items.front().product));
      break;
    case EventKey::kCoupon:
      if (order.coupon) return std::to_string(value_of(*order.coupon));
      break;
    case EventKey::kOrder:
      break;
  }
  return to_string(order.id);
}

std::string id_of(std::string order_id, std::string_view topic) {
  order_id += '/';
  order_id += topic;
  return order_id;
}

std::int64_t microseconds(TimePoint time) { return time.time_since_epoch().count(); }

TimePoint time_of(std::int64_t microseconds) {
  return TimePoint(std::chrono::microseconds(microseconds));
}

std::string payload_of(const OrderFact& fact, const std::string& order_id) {
  constexpr std::size_t kUsual = 256;  // Bytes: of an order of one or two items.
  const auto& order = fact.order;
  std::string payload;
  payload.reserve(kUsual);
  http::JsonWriter json(payload);
  json.begin_object();
  json.key("orderId").text(order_id);
  json.key("userId").integer(value_of(order.user));
  json.key("items").begin_array();
  for (const auto& item : order.items) {
    json.begin_object();
    json.key("productId").integer(value_of(item.product));
    json.key("quantity").integer(item.quantity);
    json.key("unitPrice").integer(item.unit_price.minor);
    json.end_object();
  }
  json.end_array();
  if (order.coupon) json.key("couponId").integer(value_of(*order.coupon));
  json.key("subtotal").integer(order.subtotal.minor);
  json.key("total").integer(order.total.minor);
  json.key("createdAt").integer(microseconds(order.created_at));
  if (fact.completed_at) json.key("completedAt").integer(microseconds(*fact.completed_at));
  if (!order.failure.empty()) json.key("reason").text(order.failure);
  if (!fact.request.empty()) json.key("requestKey").text(fact.request);
  json.end_object();
  return payload;
}

Unexpected not_valid(const Event& event, const std::string& why) {
  return fail(ErrorCode::kInvalid, "event " + event.id + " of " + event.topic + ": " + why);
}

Unexpected not_valid(const Event& event, const http::FieldFaults& faults) {
  return not_valid(event, faults.front().where + ": expected " + faults.front().expected);
}

}  // namespace

std::string event_id(const OrderId& order, std::string_view topic) {
  return id_of(to_string(order), topic);
}

Event tell(std::string_view topic, const OrderFact& fact, EventKey key,
           std::string_view correlation) {
  const auto order_id = to_string(fact.order.id);
  return {.id = id_of(order_id, topic),
          .topic = std::string(topic),
          .key = key_of(fact.order, key),
          .payload = payload_of(fact, order_id),
          .correlation = std::string(correlation)};
}

Result<OrderFact> read_order_fact(const Event& event) {
  const auto document = http::JsonDocument::parse(event.payload);
  if (!document) return not_valid(event, document.error().message);
  http::FieldFaults faults;
  http::JsonReader json(*document, faults);
  OrderFact fact;
  auto& order = fact.order;
  const auto id = parse_order_id(json.text("orderId", 36, 36));
  order.user = UserId{json.integer("userId", 1)};
  if (!json.has("items")) json.fault("items", "an array");
  json.each_object("items", 1, kMostLines, [&](http::JsonReader& item, std::size_t) {
    order.items.push_back({.product = ProductId{item.integer("productId", 1)},
                           .quantity = item.integer("quantity", 1),
                           .unit_price = Money{item.integer("unitPrice", 0)}});
  });
  if (const auto coupon = json.optional_integer("couponId", 1)) order.coupon = CouponId{*coupon};
  order.subtotal = Money{json.integer("subtotal", 0)};
  order.total = Money{json.integer("total", 0)};
  order.created_at = time_of(json.integer("createdAt", 0));
  if (const auto at = json.optional_integer("completedAt", 0)) fact.completed_at = time_of(*at);
  order.failure = json.optional_text("reason", 0, kLongestText).value_or("");
  fact.request = json.optional_text("requestKey", 0, kLongestText).value_or("");
  if (!faults.empty()) return not_valid(event, faults);
  if (!id) return not_valid(event, "orderId is no order id");
  order.id = *id;
  return fact;
}

Result<UserCoupon> read_coupon_issued(const Event& event) {
  const auto document = http::JsonDocument::parse(event.payload);
  if (!document) return not_valid(event, document.error().message);
  http::FieldFaults faults;
  http::JsonReader json(*document, faults);
  UserCoupon granted;
  granted.user = UserId{json.integer("userId", 1)};
  granted.coupon = CouponId{json.integer("couponId", 1)};
  granted.issued_at = time_of(json.integer("issuedAt", 0));
  granted.request_key = json.optional_text("requestKey", 0, kLongestText).value_or("");
  if (!faults.empty()) return not_valid(event, faults);
  return granted;
}

}  // namespace stampede::saga
