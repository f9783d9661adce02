#include "core/calls/wire.hpp"

#include <array>
#include <optional>
#include <utility>

#include "core/http/decode.hpp"
#include "core/http/json_document.hpp"
#include "core/http/json_reader.hpp"
#include "core/http/json_writer.hpp"
#include "core/saga/refusals.hpp"

namespace stampede::calls {

namespace {

using http::JsonReader;
using http::JsonWriter;

constexpr std::size_t kMostProducts = 1'000;
constexpr std::size_t kLongestName = 64;

constexpr std::array kCodes{
    ErrorCode::kConflict, ErrorCode::kLockTimeout, ErrorCode::kPoolTimeout, ErrorCode::kLeaseLost,
    ErrorCode::kTimeout,  ErrorCode::kOverloaded,  ErrorCode::kUnavailable, ErrorCode::kInDoubt,
    ErrorCode::kNotFound, ErrorCode::kInvalid,     ErrorCode::kInternal};
constexpr std::array kStatuses{Order::Status::kPending, Order::Status::kCompleted,
                               Order::Status::kFailed};
constexpr std::array kKinds{Discount::Kind::kFixed, Discount::Kind::kPercent};

// Reads one object strictly; `read` fills what is returned.
template <typename Value, typename Read>
Result<Value> decode(std::string_view body, Read read) {
  const auto document = http::JsonDocument::parse(body);
  if (!document) return Unexpected(document.error());
  http::FieldFaults faults;
  JsonReader json(*document, faults);
  Value value{};
  read(json, value);
  json.finish();
  if (faults.empty()) return value;
  return fail(ErrorCode::kInvalid, faults.front().where + ": expected " + faults.front().expected);
}

// One of the values whose name stands at `key`; a fault when there is none such.
template <typename Value, std::size_t count, typename Name>
std::optional<Value> named(JsonReader& json, std::string_view key,
                           const std::array<Value, count>& values, Name name_of) {
  const auto text = json.text(key, 1, kLongestName);
  for (const auto value : values) {
    if (name_of(value) == text) return value;
  }
  json.fault(key, "a known name");
  return std::nullopt;
}

// True when the answer is a refusal, which is then read.
bool read_refusal(JsonReader& json, RefusalCode& refusal) {
  const auto reason = json.optional_text("refusal", 1, kLongestName);
  if (!reason) return false;
  const auto code = saga::refusal_of(*reason);
  if (!code) json.fault("refusal", "a known code");
  refusal = code.value_or(RefusalCode::kNone);
  return true;
}

std::string encoded_refusal(RefusalCode refusal) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("refusal").text(saga::reason_of(refusal)).end_object();
  return body;
}

}  // namespace

std::string encode_products(std::span<const ProductId> products) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("products").begin_array();
  for (const auto id : products) {
    json.begin_object().key("productId").integer(value_of(id)).end_object();
  }
  json.end_array().end_object();
  return body;
}

Result<std::vector<ProductId>> decode_products(std::string_view body) {
  return decode<std::vector<ProductId>>(body, [](JsonReader& json, auto& products) {
    if (!json.has("products")) json.fault("products", "an array");
    json.each_object("products", 1, kMostProducts, [&](JsonReader& one, std::size_t) {
      products.push_back(ProductId{one.integer("productId", 1)});
    });
  });
}

std::string encode_quoted(const saga::Quoted& quoted) {
  if (quoted.refusal != RefusalCode::kNone) return encoded_refusal(quoted.refusal);
  std::string body;
  body.reserve(32 + quoted.products.size() * 64);
  JsonWriter json(body);
  json.begin_object().key("products").begin_array();
  for (const auto& product : quoted.products) {
    json.begin_object();
    json.key("productId").integer(value_of(product.id));
    json.key("price").integer(product.price.minor);
    json.key("stock").integer(product.stock);
    json.end_object();
  }
  json.end_array().end_object();
  return body;
}

Result<saga::Quoted> decode_quoted(std::string_view body) {
  return decode<saga::Quoted>(body, [](JsonReader& json, saga::Quoted& quoted) {
    if (read_refusal(json, quoted.refusal)) return;
    if (!json.has("products")) json.fault("products", "an array");
    json.each_object("products", 0, kMostProducts, [&](JsonReader& one, std::size_t) {
      Product product;
      product.id = ProductId{one.integer("productId", 1)};
      product.price = Money{one.integer("price", 0)};
      product.stock = one.integer("stock", std::numeric_limits<std::int64_t>::min());
      quoted.products.push_back(std::move(product));
    });
  });
}

std::string encode_reserve(const saga::ReserveCoupon& request) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("orderId").text(to_string(request.order));
  json.key("userId").integer(value_of(request.user));
  json.key("couponId").integer(value_of(request.coupon));
  json.end_object();
  return body;
}

Result<saga::ReserveCoupon> decode_reserve(std::string_view body) {
  return decode<saga::ReserveCoupon>(body, [](JsonReader& json, saga::ReserveCoupon& request) {
    const auto order = parse_order_id(json.text("orderId", 36, 36));
    if (!order) json.fault("orderId", "an order id");
    request.order = order.value_or(OrderId{});
    request.user = UserId{json.integer("userId", 1)};
    request.coupon = CouponId{json.integer("couponId", 1)};
  });
}

std::string encode_reservation(const saga::Reservation& reservation) {
  if (reservation.refusal != RefusalCode::kNone) return encoded_refusal(reservation.refusal);
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("discount").begin_object();
  json.key("kind").text(http::to_string(reservation.discount.kind));
  json.key("value").integer(reservation.discount.value);
  json.end_object().end_object();
  return body;
}

Result<saga::Reservation> decode_reservation(std::string_view body) {
  return decode<saga::Reservation>(body, [](JsonReader& json, saga::Reservation& reservation) {
    if (read_refusal(json, reservation.refusal)) return;
    json.object("discount", [&](JsonReader& discount) {
      const auto kind =
          named(discount, "kind", kKinds, [](Discount::Kind one) { return http::to_string(one); });
      reservation.discount.kind = kind.value_or(Discount::Kind::kFixed);
      reservation.discount.value = discount.integer("value", 0);
    });
  });
}

std::string encode_status(Order::Status status) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("status").text(http::to_string(status)).end_object();
  return body;
}

Result<Order::Status> decode_status(std::string_view body) {
  return decode<Order::Status>(body, [](JsonReader& json, Order::Status& status) {
    const auto said =
        named(json, "status", kStatuses, [](Order::Status one) { return http::to_string(one); });
    status = said.value_or(Order::Status::kPending);
  });
}

std::string encode_services(const saga::Areas& services) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("services").begin_array();
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (!services.test(i)) continue;
    json.begin_object().key("service").text(saga::kAreaNames.at(i)).end_object();
  }
  json.end_array().end_object();
  return body;
}

Result<saga::Areas> decode_services(std::string_view body) {
  return decode<saga::Areas>(body, [](JsonReader& json, saga::Areas& services) {
    if (!json.has("services")) json.fault("services", "an array");
    json.each_object("services", 0, saga::kAreaCount, [&](JsonReader& one, std::size_t) {
      const auto service = saga::area_named(one.text("service", 1, kLongestName));
      if (!service) return one.fault("service", "the name of a service");
      services.set(saga::index_of(*service));
    });
  });
}

Error decode_error(int status, std::string_view body) {
  struct Problem {
    std::string code;
    std::string detail;
  };
  const auto document = http::JsonDocument::parse(body);
  Problem problem;
  if (document) {
    http::FieldFaults ignored;  // Whoever answers so is none of ours: the status says enough.
    JsonReader json(*document, ignored);
    problem.code = json.optional_text("code", 1, kLongestName).value_or("");
    problem.detail = json.optional_text("detail", 1, 10'000).value_or("");
  }
  auto message = problem.detail.empty() ? "status " + std::to_string(status) : problem.detail;
  for (const auto code : kCodes) {
    if (to_string(code) == problem.code) return {code, std::move(message)};
  }
  return {ErrorCode::kInternal, std::move(message)};
}

}  // namespace stampede::calls
