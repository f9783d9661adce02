// Everything in the store, for whoever audits it: rows by cursor, in key order, and the seeding
// that comes before.

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/http/decode.hpp"
#include "core/http/reading.hpp"
#include "core/http/route.hpp"

namespace stampede::http {

namespace {

// A whole number of 0 or more; "" is 0, the start.
std::optional<std::int64_t> parse_cursor(std::string_view text) {
  if (text.empty()) return 0;
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < 0) return std::nullopt;
  return value;
}

Answer refuse_cursor(std::string_view expected) {
  return refuse_invalid({{"?after", std::string(expected)}});
}

// {items, next}: `next` is the cursor of the last row, or null when these are the last rows.
template <typename Row, typename CursorOf>
Answer answer_rows(const Result<std::vector<Row>>& rows, std::int64_t limit, CursorOf cursor_of) {
  if (!rows) return refuse(rows.error());
  std::string body;
  body.reserve(64 + rows->size() * 320);
  JsonWriter json(body);
  json.begin_object();
  json.key("items").begin_array();
  for (const auto& row : *rows) encode(json, row, Detail::kAudit);
  json.end_array();
  json.key("next");
  if (std::cmp_less(rows->size(), limit)) {
    json.null();
  } else {
    json.text(cursor_of(rows->back()));
  }
  json.end_object();
  return succeed(200, std::move(body));
}

// Reads the cursor and hands it, parsed, to `fetch`, which answers rows.
template <typename Fetch, typename CursorOf>
Answer dump(const Call& call, Store& store, Fetch fetch, CursorOf cursor_of) {
  FieldFaults faults;
  const auto query = decode_cursor(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto after = parse_cursor(query.after);
  if (!after) return refuse_cursor("an integer of 0 or more");
  return with_view(call, store, [&](ReadView& view) {
    return answer_rows(fetch(view, *after, query.limit), query.limit, cursor_of);
  });
}

Answer dump_outbox_from(const Call& call, Store& store) {
  FieldFaults faults;
  const auto query = decode_outbox_query(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto after = parse_cursor(query.rows.after);
  if (!after) return refuse_cursor("an integer of 0 or more");
  return with_view(call, store, [&](ReadView& view) {
    auto rows = view.outbox_after(*after, query.rows.limit);
    if (rows && !query.payload) {
      for (auto& row : *rows) row.event.payload.clear();
    }
    return answer_rows(rows, query.rows.limit,
                       [](const OutboxRow& row) { return std::to_string(row.sequence); });
  });
}

}  // namespace

Answer seed_store(const Call& call) {
  FieldFaults faults;
  const auto seed = decode_seed(call.request.body, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  // Each service has the whole seed, and uses the part that is its own.
  for (auto* store : call.services.stores.all()) {
    const auto seeded = store->seed(seed);
    if (!seeded) return refuse(seeded.error());
  }
  if (call.services.issuing != nullptr) {
    const auto loaded = call.services.issuing->reload(call.context.deadline);
    if (!loaded) return refuse(loaded.error());
  }
  if (call.services.deals != nullptr) {
    const auto loaded = call.services.deals->reload(call.context.deadline);
    if (!loaded) return refuse(loaded.error());
  }
  return succeed(201, R"({"seeded":true})");
}

Answer dump_products(const Call& call) {
  return dump(
      call, call.services.stores.products,
      [](ReadView& view, std::int64_t after, std::int64_t limit) {
        return view.products_after(ProductId{after}, limit);
      },
      [](const Product& row) { return std::to_string(value_of(row.id)); });
}

Answer dump_wallets(const Call& call) {
  return dump(
      call, call.services.stores.users,
      [](ReadView& view, std::int64_t after, std::int64_t limit) {
        return view.wallets_after(UserId{after}, limit);
      },
      [](const Wallet& row) { return std::to_string(value_of(row.user)); });
}

Answer dump_coupons(const Call& call) {
  return dump(
      call, call.services.stores.coupons,
      [](ReadView& view, std::int64_t after, std::int64_t limit) {
        return view.coupons_after(CouponId{after}, limit);
      },
      [](const Coupon& row) { return std::to_string(value_of(row.id)); });
}

Answer dump_outbox(const Call& call) { return dump_outbox_from(call, call.services.stores.orders); }

Answer dump_outbox_of_service(const Call& call) {
  const auto name = call.match.parameters[0];
  const auto found = std::ranges::find(saga::kAreaNames, name);
  if (found == saga::kAreaNames.end()) {
    return refuse_invalid({{"{service}", "order, user, product, coupon or user-coupon"}});
  }
  const auto area = static_cast<saga::Area>(found - saga::kAreaNames.begin());
  return dump_outbox_from(call, call.services.stores.of(area));
}

Answer dump_orders(const Call& call) {
  FieldFaults faults;
  const auto query = decode_cursor(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto after = query.after.empty() ? std::optional(OrderId{}) : parse_order_id(query.after);
  if (!after) return refuse_cursor("the orderId of the last row");
  return with_view(call, call.services.stores.orders, [&](ReadView& view) {
    return answer_rows(view.orders_after(*after, query.limit), query.limit,
                       [](const Order& row) { return to_string(row.id); });
  });
}

// The cursor is "coupon:user".
Answer dump_user_coupons(const Call& call) {
  FieldFaults faults;
  const auto query = decode_cursor(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto colon = query.after.find(':');
  const auto text = std::string_view(query.after);
  const auto coupon = parse_cursor(text.substr(0, colon));
  const auto user = parse_cursor(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!coupon || !user || (!text.empty() && colon == std::string_view::npos)) {
    return refuse_cursor("couponId:userId of the last row");
  }
  return with_view(call, call.services.stores.user_coupons, [&](ReadView& view) {
    return answer_rows(view.user_coupons_after(CouponId{*coupon}, UserId{*user}, query.limit),
                       query.limit, [](const UserCoupon& row) {
                         return std::to_string(value_of(row.coupon)) + ":" +
                                std::to_string(value_of(row.user));
                       });
  });
}

Answer dump_charges(const Call& call) {
  FieldFaults faults;
  const auto query = decode_cursor(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  return with_view(call, call.services.stores.users, [&](ReadView& view) {
    return answer_rows(view.charges_after(query.after, query.limit), query.limit,
                       [](const Charge& row) { return row.transaction_id; });
  });
}

}  // namespace stampede::http
