#include "core/http/encode.hpp"

#include <string>

#include "core/http/decode.hpp"
#include "core/http/timestamp.hpp"

namespace stampede::http {

namespace {

void encode_time(JsonWriter& json, std::string_view name, TimePoint time) {
  std::string text;
  text.reserve(32);
  append_timestamp(text, time);
  json.key(name).text(text);
}

// A value that may be absent is present as null, so that every row has the same shape.
template <typename Id>
void encode_id(JsonWriter& json, std::string_view name, const std::optional<Id>& id) {
  json.key(name);
  if (id) {
    json.integer(value_of(*id));
  } else {
    json.null();
  }
}

void encode_request_key(JsonWriter& json, const std::string& key) {
  json.key("requestKey");
  if (key.empty()) {
    json.null();
  } else {
    json.text(key);
  }
}

}  // namespace

void encode(JsonWriter& json, const Product& product, Detail detail) {
  json.begin_object();
  json.key("productId").integer(value_of(product.id));
  json.key("name").text(product.name);
  json.key("price").integer(product.price.minor);
  json.key("stock").integer(product.stock);
  if (detail == Detail::kAudit) json.key("version").integer(product.version);
  json.end_object();
}

void encode(JsonWriter& json, const Wallet& wallet, Detail detail) {
  json.begin_object();
  json.key("userId").integer(value_of(wallet.user));
  json.key("balance").integer(wallet.balance.minor);
  if (detail == Detail::kAudit) json.key("version").integer(wallet.version);
  json.end_object();
}

void encode(JsonWriter& json, const Coupon& coupon, Detail detail) {
  json.begin_object();
  json.key("couponId").integer(value_of(coupon.id));
  json.key("discount").begin_object();
  json.key("kind").text(to_string(coupon.discount.kind));
  json.key("value").integer(coupon.discount.value);
  json.end_object();
  json.key("total").integer(coupon.total);
  json.key("issued").integer(coupon.issued);
  encode_time(json, "validFrom", coupon.valid_from);
  encode_time(json, "validUntil", coupon.valid_until);
  if (detail == Detail::kAudit) json.key("version").integer(coupon.version);
  json.end_object();
}

void encode(JsonWriter& json, const UserCoupon& held, Detail detail) {
  json.begin_object();
  json.key("userId").integer(value_of(held.user));
  json.key("couponId").integer(value_of(held.coupon));
  json.key("status").text(to_string(held.status));
  encode_time(json, "issuedAt", held.issued_at);
  json.key("usedBy");
  if (held.used_by) {
    json.text(stampede::to_string(*held.used_by));
  } else {
    json.null();
  }
  if (detail == Detail::kAudit) {
    encode_request_key(json, held.request_key);
    json.key("version").integer(held.version);
  }
  json.end_object();
}

void encode(JsonWriter& json, const CartLine& line, Detail) {
  json.begin_object();
  json.key("productId").integer(value_of(line.product));
  json.key("quantity").integer(line.quantity);
  json.end_object();
}

void encode(JsonWriter& json, const Order& order, Detail detail) {
  json.begin_object();
  json.key("orderId").text(stampede::to_string(order.id));
  json.key("userId").integer(value_of(order.user));
  json.key("status").text(to_string(order.status));
  json.key("items").begin_array();
  for (const auto& item : order.items) {
    json.begin_object();
    json.key("productId").integer(value_of(item.product));
    json.key("quantity").integer(item.quantity);
    json.key("unitPrice").integer(item.unit_price.minor);
    json.end_object();
  }
  json.end_array();
  encode_id(json, "couponId", order.coupon);
  json.key("subtotal").integer(order.subtotal.minor);
  json.key("discount").integer((order.subtotal - order.total).minor);
  json.key("total").integer(order.total.minor);
  encode_time(json, "createdAt", order.created_at);
  // Only where there is one, so that the answer to a good order stays short.
  if (!order.failure.empty()) json.key("failure").text(order.failure);
  if (detail == Detail::kAudit) encode_request_key(json, order.request_key);
  json.end_object();
}

void encode(JsonWriter& json, const Charge& charge, Detail) {
  json.begin_object();
  json.key("transactionId").text(charge.transaction_id);
  json.key("userId").integer(value_of(charge.user));
  json.key("amount").integer(charge.amount.minor);
  encode_time(json, "chargedAt", charge.charged_at);
  json.end_object();
}

void encode(JsonWriter& json, const OutboxRow& row, Detail) {
  json.begin_object();
  json.key("sequence").integer(row.sequence);
  json.key("id").text(row.event.id);
  json.key("topic").text(row.event.topic);
  json.key("key").text(row.event.key);
  // As text, byte for byte: a payload that is no JSON has to be visible, not to break the list.
  json.key("payload").text(row.event.payload);
  json.key("correlation").text(row.event.correlation);
  json.end_object();
}

}  // namespace stampede::http
