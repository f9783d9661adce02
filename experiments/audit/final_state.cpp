#include "experiments/audit/final_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "core/saga/area.hpp"

namespace stampede::audit {

namespace {

using nlohmann::json;

std::string text_or_empty(const json& object, const char* key) {
  const auto& value = object.at(key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

OrderId order_id(const json& value) {
  const auto id = parse_order_id(value.get_ref<const std::string&>());
  if (!id) throw std::invalid_argument("not an order id: " + value.dump());
  return *id;
}

template <typename Id>
Id id_of(const json& object, const char* key) {
  return Id{object.at(key).get<std::int64_t>()};
}

Money money_of(const json& object, const char* key) {
  return Money{object.at(key).get<std::int64_t>()};
}

Product product_of(const json& row) {
  return {.id = id_of<ProductId>(row, "productId"),
          .price = money_of(row, "price"),
          .stock = row.at("stock").get<std::int64_t>()};
}

Wallet wallet_of(const json& row) {
  return {.user = id_of<UserId>(row, "userId"), .balance = money_of(row, "balance")};
}

Coupon coupon_of(const json& row) {
  return {.id = id_of<CouponId>(row, "couponId"),
          .total = row.at("total").get<std::int64_t>(),
          .issued = row.at("issued").get<std::int64_t>()};
}

UserCoupon user_coupon_of(const json& row) {
  UserCoupon held{.user = id_of<UserId>(row, "userId"),
                  .coupon = id_of<CouponId>(row, "couponId"),
                  .request_key = text_or_empty(row, "requestKey")};
  if (const auto& used_by = row.at("usedBy"); !used_by.is_null()) {
    held.status = UserCoupon::Status::kUsed;
    held.used_by = order_id(used_by);
  }
  return held;
}

Order::Status status_of(const std::string& text) {
  if (text == "COMPLETED") return Order::Status::kCompleted;
  if (text == "FAILED") return Order::Status::kFailed;
  return Order::Status::kPending;
}

Order order_of(const json& row) {
  Order order{.id = order_id(row.at("orderId")),
              .user = id_of<UserId>(row, "userId"),
              .status = status_of(row.at("status").get<std::string>()),
              .subtotal = money_of(row, "subtotal"),
              .total = money_of(row, "total"),
              .request_key = text_or_empty(row, "requestKey"),
              .failure = row.value("failure", "")};
  for (const auto& item : row.at("items")) {
    order.items.push_back({.product = id_of<ProductId>(item, "productId"),
                           .quantity = item.at("quantity").get<std::int64_t>(),
                           .unit_price = money_of(item, "unitPrice")});
  }
  if (!row.at("couponId").is_null()) order.coupon = id_of<CouponId>(row, "couponId");
  return order;
}

FailedIssue failed_issue_of(const json& row) {
  return {.request = row.at("requestId").get<std::string>(),
          .user = id_of<UserId>(row, "userId"),
          .coupon = id_of<CouponId>(row, "couponId"),
          .reason = row.at("reason").get<std::string>()};
}

Charge charge_of(const json& row) {
  return {.transaction_id = row.at("transactionId").get<std::string>(),
          .user = id_of<UserId>(row, "userId"),
          .amount = money_of(row, "amount")};
}

ToldEvent event_of(const json& row) {
  return {.service = {},
          .id = row.at("id").get<std::string>(),
          .topic = row.at("topic").get<std::string>()};
}

// Reads /admin/<list> to its end.
template <typename Row>
void read_all(const PageSource& source, const std::string& list, Row (*decode)(const json&),
              std::vector<Row>& into, const std::string& more = "") {
  for (std::string after;;) {
    const auto page = source(fmt::format("/admin/{}?limit=10000{}{}", list, more,
                                         after.empty() ? "" : "&after=" + after));
    if (!page) throw std::runtime_error(page.error().message);
    const auto parsed = json::parse(*page);
    for (const auto& row : parsed.at("items")) into.push_back(decode(row));
    const auto& next = parsed.at("next");
    if (next.is_null()) return;
    after = next.is_string() ? next.get<std::string>() : next.dump();
  }
}

// Without their payloads: a long run has many.
void read_events(const PageSource& source, FinalState& state) {
  for (const auto service : saga::kAreaNames) {
    const auto before = static_cast<std::ptrdiff_t>(state.events.size());
    read_all(source, fmt::format("outbox/{}", service), event_of, state.events, "&payload=false");
    std::for_each(state.events.begin() + before, state.events.end(),
                  [&](ToldEvent& event) { event.service = service; });
  }
}

// Each process counts what it did itself.
void add_stats(const std::string& page, FinalState& state) {
  const auto parsed = json::parse(page);
  const auto& payments = parsed.at("payments");
  state.payments_taken += money_of(payments, "paidAmount");
  state.payments_refunded += money_of(payments, "refundedAmount");
  state.has_stock_gate |= parsed.contains("stock") && !parsed.at("stock").empty();
  if (!parsed.contains("saga")) return;
  state.has_services = true;
  for (const auto& service : parsed.at("saga").at("services")) {
    state.dead_letters += service.at("deadLetters").get<std::int64_t>();
    if (service.contains("lastDeadLetter")) {
      state.last_dead_letter = fmt::format("{}: {}", service.at("service").get<std::string>(),
                                           service.at("lastDeadLetter").get<std::string>());
    }
  }
}

}  // namespace

Result<FinalState> read_final_state(const PageSource& source, std::span<const std::string> stats) {
  try {
    if (stats.empty()) throw std::invalid_argument("no process said what it counted");
    FinalState state;
    read_all(source, "products", product_of, state.products);
    read_all(source, "wallets", wallet_of, state.wallets);
    read_all(source, "coupons", coupon_of, state.coupons);
    read_all(source, "user-coupons", user_coupon_of, state.user_coupons);
    read_all(source, "orders", order_of, state.orders);
    read_all(source, "charges", charge_of, state.charges);
    read_all(source, "failed-issues", failed_issue_of, state.failed_issues);
    for (const auto& page : stats) add_stats(page, state);
    if (state.has_services) read_events(source, state);
    return state;
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable,
                std::string("the final state could not be read: ") + error.what());
  }
}

}  // namespace stampede::audit
