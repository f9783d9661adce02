#include "core/http/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/config/text.hpp"
#include "core/http/json_reader.hpp"
#include "core/http/timestamp.hpp"
#include "core/http/uri.hpp"

namespace stampede::http {

namespace {

// What seeding may ask for: enough for any documented claim, little enough to fit a machine.
constexpr std::int64_t kMostSeeded = 10'000'000;
constexpr std::size_t kMostSeedCoupons = 1'000;

const TimePoint kAlways{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

constexpr std::array kStatuses{Order::Status::kPending, Order::Status::kCompleted,
                               Order::Status::kFailed};

// Parses the body and hands a reader of its object to `read`.
template <typename Read>
void read_body(std::string_view body, FieldFaults& faults, Read read) {
  if (body.empty()) {
    faults.push_back({"#", "a JSON object; the body is empty"});
    return;
  }
  const auto document = JsonDocument::parse(body);
  if (!document) {
    faults.push_back({"#", "a JSON object; " + document.error().message});
    return;
  }
  JsonReader reader(*document, faults);
  read(reader);
  reader.finish();
}

pipeline::ItemRequest read_item(JsonReader& item) {
  return {.product = ProductId{item.integer("productId", 1)},
          .quantity = item.integer("quantity", 1, kMostQuantity)};
}

void read_items(JsonReader& order, std::vector<pipeline::ItemRequest>& items) {
  items.reserve(4);
  order.each_object("items", 1, kMostItems, [&](JsonReader& item, std::size_t) {
    const auto read = read_item(item);
    const auto same = [&](const auto& other) { return other.product == read.product; };
    if (std::any_of(items.begin(), items.end(), same)) {
      item.fault("productId",
                 fmt::format("each product once; {} is there already", value_of(read.product)));
    }
    items.push_back(read);
  });
}

TimePoint read_time(JsonReader& reader, std::string_view name, TimePoint fallback) {
  const auto text = reader.optional_text(name, 1, 32);
  if (!text || text->empty()) return fallback;
  const auto time = parse_timestamp(*text);
  if (!time) reader.fault(name, fmt::format("{}; found \"{}\"", kTimestampForm, *text));
  return time.value_or(fallback);
}

SeedCoupon read_seed_coupon(JsonReader& coupon, std::int64_t users) {
  SeedCoupon read;
  coupon.object("discount", [&](JsonReader& discount) {
    const auto kind = discount.text("kind", 1, 16);
    if (!kind.empty() && kind != "fixed" && kind != "percent") {
      discount.fault("kind", fmt::format("\"fixed\" or \"percent\"; found \"{}\"", kind));
    }
    const bool percent = kind == "percent";
    read.discount.kind = percent ? Discount::Kind::kPercent : Discount::Kind::kFixed;
    read.discount.value = discount.integer("value", 0, percent ? 100 : kMostMinorUnits);
  });
  read.total = coupon.integer("total", 0, kMostSeeded);
  read.held_by = coupon.optional_integer("heldBy", 0, std::min(read.total, users)).value_or(0);
  read.valid_from = read_time(coupon, "validFrom", TimePoint{});
  read.valid_until = read_time(coupon, "validUntil", kAlways);
  return read;
}

std::optional<TimePoint> query_time(QueryReader& reader, std::string_view name) {
  const auto text = reader.text(name);
  if (!text) return std::nullopt;
  const auto time = parse_timestamp(*text);
  if (!time) reader.fault(name, std::string(kTimestampForm));
  return time;
}

std::optional<Order::Status> query_status(QueryReader& reader) {
  const auto text = reader.text("status");
  if (!text) return std::nullopt;
  std::vector<std::string> names;
  for (const auto status : kStatuses) {
    if (*text == to_string(status)) return status;
    names.emplace_back(to_string(status));
  }
  reader.fault("status", config::one_of(names));
  return std::nullopt;
}

Page read_page(QueryReader& reader) {
  Page page;
  page.size = reader.integer("size", 1, kMostPageSize).value_or(page.size);
  // The first row's position has to fit 64 bits.
  constexpr auto kMostPages = std::numeric_limits<std::int64_t>::max() / kMostPageSize - 1;
  page.number = reader.integer("page", 0, kMostPages).value_or(page.number);
  return page;
}

CursorQuery read_cursor(QueryReader& reader) {
  CursorQuery read;
  read.after = reader.text("after").value_or("");
  read.limit = reader.integer("limit", 1, kMostRows).value_or(read.limit);
  return read;
}

}  // namespace

bool is_request_key(std::string_view text) {
  return !text.empty() && text.size() <= kLongestKey &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_correlation(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kLongestKey &&
         std::all_of(text.begin(), text.end(), allowed);
}

std::int64_t decode_path_id(std::string_view segment, std::string_view name, FieldFaults& faults) {
  std::optional<std::string> decoded;
  if (segment.find('%') != std::string_view::npos) {
    decoded = decode_percent(segment);
    segment = decoded ? std::string_view(*decoded) : std::string_view();
  }
  std::int64_t id = 0;
  const auto* end = segment.data() + segment.size();
  const auto parsed = std::from_chars(segment.data(), end, id);
  if (parsed.ec == std::errc() && parsed.ptr == end && id >= 1) return id;
  faults.push_back({fmt::format("{{{}}}", name), "a positive integer in the path"});
  return 1;
}

std::optional<OrderId> decode_order_id(std::string_view segment, FieldFaults& faults) {
  const auto decoded = decode_percent(segment);
  const auto id = decoded ? parse_order_id(*decoded) : std::nullopt;
  if (!id) faults.push_back({"{id}", "a UUID in the path"});
  return id;
}

pipeline::PlaceOrder decode_order(std::string_view body, FieldFaults& faults) {
  pipeline::PlaceOrder order;
  read_body(body, faults, [&](JsonReader& reader) {
    order.user = UserId{reader.integer("userId", 1)};
    read_items(reader, order.items);
    const auto coupon = reader.optional_integer("couponId", 1);
    if (coupon) order.coupon = CouponId{*coupon};
  });
  return order;
}

pipeline::ChargeBalance decode_charge(std::string_view body, FieldFaults& faults) {
  pipeline::ChargeBalance charge;
  read_body(body, faults, [&](JsonReader& reader) {
    charge.user = UserId{reader.integer("userId", 1)};
    charge.amount = Money{reader.integer("amount", 1, kMostMinorUnits)};
    charge.transaction_id = reader.text("transactionId", 1, kLongestKey);
    if (!charge.transaction_id.empty() && !is_request_key(charge.transaction_id)) {
      reader.fault("transactionId", "printable ASCII characters without spaces");
    }
  });
  return charge;
}

pipeline::ItemRequest decode_cart_item(std::string_view body, FieldFaults& faults) {
  pipeline::ItemRequest item;
  read_body(body, faults, [&](JsonReader& reader) { item = read_item(reader); });
  return item;
}

Seed decode_seed(std::string_view body, FieldFaults& faults) {
  Seed seed;
  read_body(body, faults, [&](JsonReader& reader) {
    seed.users = reader.integer("users", 0, kMostSeeded);
    seed.balance = Money{reader.optional_integer("balance", 0, kMostMinorUnits).value_or(0)};
    seed.products = reader.integer("products", 0, kMostSeeded);
    seed.stock = reader.optional_integer("stock", 0, kMostMinorUnits).value_or(0);
    seed.price = Money{reader.optional_integer("price", 0, kMostMinorUnits).value_or(0)};
    seed.cart_lines =
        reader.optional_integer("cartLines", 0, std::min(kMostItems, seed.products)).value_or(0);
    seed.cart_quantity = reader.optional_integer("cartQuantity", 1, kMostQuantity).value_or(1);
    reader.each_object("coupons", 0, kMostSeedCoupons, [&](JsonReader& coupon, std::size_t) {
      seed.coupons.push_back(read_seed_coupon(coupon, seed.users));
    });
  });
  return seed;
}

Page decode_page(std::string_view query, FieldFaults& faults) {
  QueryReader reader(query, faults);
  const auto page = read_page(reader);
  reader.finish();
  return page;
}

OrderQuery decode_order_query(std::string_view query, FieldFaults& faults) {
  QueryReader reader(query, faults);
  OrderQuery read;
  if (const auto user = reader.integer("userId", 1)) read.filter.user = UserId{*user};
  read.filter.status = query_status(reader);
  read.filter.from = query_time(reader, "from");
  read.filter.until = query_time(reader, "to");
  read.page = read_page(reader);
  reader.finish();
  return read;
}

CursorQuery decode_cursor(std::string_view query, FieldFaults& faults) {
  QueryReader reader(query, faults);
  auto read = read_cursor(reader);
  reader.finish();
  return read;
}

OutboxQuery decode_outbox_query(std::string_view query, FieldFaults& faults) {
  QueryReader reader(query, faults);
  OutboxQuery read{.rows = read_cursor(reader)};
  const auto payload = reader.text("payload").value_or("true");
  if (payload != "true" && payload != "false") reader.fault("payload", "true or false");
  read.payload = payload != "false";
  reader.finish();
  return read;
}

PopularQuery decode_popular_query(std::string_view query, FieldFaults& faults) {
  QueryReader reader(query, faults);
  PopularQuery read;
  read.limit = reader.integer("limit", 1, kMostPageSize).value_or(read.limit);
  read.days = reader.integer("days", 1, 366).value_or(read.days);
  reader.finish();
  return read;
}

std::string_view to_string(Order::Status status) {
  switch (status) {
    case Order::Status::kPending:
      return "PENDING";
    case Order::Status::kCompleted:
      return "COMPLETED";
    case Order::Status::kFailed:
      return "FAILED";
  }
  return "";
}

std::string_view to_string(UserCoupon::Status status) {
  return status == UserCoupon::Status::kUsed ? "USED" : "ISSUED";
}

std::string_view to_string(Discount::Kind kind) {
  return kind == Discount::Kind::kPercent ? "percent" : "fixed";
}

}  // namespace stampede::http
