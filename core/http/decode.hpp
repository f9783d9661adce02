// From the words of a request to what the pipeline takes. Each function collects every fault it
// finds; what it returns means nothing unless there is none. Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/store.hpp"
#include "core/http/problem.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::http {

inline constexpr std::int64_t kMostItems = 20;
inline constexpr std::int64_t kMostQuantity = 1'000;
inline constexpr std::int64_t kMostMinorUnits = 1'000'000'000'000;  // Of one amount.
inline constexpr std::size_t kLongestKey = 64;
inline constexpr std::int64_t kMostPageSize = 1'000;
inline constexpr std::int64_t kMostRows = 10'000;  // Of one read by cursor.

// 1..64 printable ASCII bytes without spaces.
bool is_request_key(std::string_view text);
// 1..64 letters, digits, '.', '_' and '-': safe in logs and headers.
bool is_correlation(std::string_view text);

// A positive integer in the path. `name` says which one it is.
std::int64_t decode_path_id(std::string_view segment, std::string_view name, FieldFaults& faults);
std::optional<OrderId> decode_order_id(std::string_view segment, FieldFaults& faults);

pipeline::PlaceOrder decode_order(std::string_view body, FieldFaults& faults);
pipeline::ChargeBalance decode_charge(std::string_view body, FieldFaults& faults);
pipeline::ItemRequest decode_cart_item(std::string_view body, FieldFaults& faults);
Seed decode_seed(std::string_view body, FieldFaults& faults);

Page decode_page(std::string_view query, FieldFaults& faults);

struct OrderQuery {
  OrderFilter filter;
  Page page;
};
OrderQuery decode_order_query(std::string_view query, FieldFaults& faults);

// Where a read by cursor goes on, and how much it takes.
struct CursorQuery {
  std::string after;  // "" for the start.
  std::int64_t limit = 1'000;
};
CursorQuery decode_cursor(std::string_view query, FieldFaults& faults);

// Which events, and whether with what they say.
struct OutboxQuery {
  CursorQuery rows;
  bool payload = true;
};
OutboxQuery decode_outbox_query(std::string_view query, FieldFaults& faults);

// How many products, sold in how many days until now.
struct PopularQuery {
  std::int64_t limit = 10;
  std::int64_t days = 3;
};
PopularQuery decode_popular_query(std::string_view query, FieldFaults& faults);

// The name of an order's status in JSON and in queries: "COMPLETED".
std::string_view to_string(Order::Status status);
std::string_view to_string(UserCoupon::Status status);
std::string_view to_string(Discount::Kind kind);

}  // namespace stampede::http
