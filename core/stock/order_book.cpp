#include "core/stock/order_book.hpp"

#include <algorithm>
#include <boost/uuid/name_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <utility>

#include "core/pipeline/look_up.hpp"
#include "core/pipeline/order_fingerprint.hpp"
#include "core/saga/events.hpp"
#include "core/stock/patient.hpp"

namespace stampede::stock {

namespace {

// Drawn once, for the names of this platform's order keys.
constexpr boost::uuids::uuid kNamespace{{0x6f, 0x0e, 0x5c, 0x2b, 0x94, 0x1d, 0x4a, 0x57, 0x8b, 0x3e,
                                         0xd2, 0x71, 0x3c, 0xaa, 0x05, 0x9e}};

Result<std::optional<Order>> order_of(Transaction& transaction, const std::string& request) {
  const auto record = transaction.request(request);
  if (!record) return Unexpected(record.error());
  if (!*record || (*record)->kind != RequestRecord::Kind::kOrder) return std::optional<Order>();
  const auto id = parse_order_id((*record)->entity);
  if (!id) return std::optional<Order>();
  return transaction.order(*id);
}

class Fail final : public Operation {
 public:
  explicit Fail(Order order) : order_(std::move(order)) {}

  Result<Outcome> work(Transaction& transaction) override {
    auto there = transaction.order(order_.id);
    if (!there) return Unexpected(there.error());
    if (*there) {
      result_ = **std::move(there);
      return Outcome::refuse(RefusalCode::kNone);
    }
    const auto record = transaction.request(order_.request_key);
    if (!record) return Unexpected(record.error());
    result_ = order_;
    // The key is another request's: this order failed without one.
    if (*record) result_.request_key.clear();
    if (auto added = transaction.add_order(result_); !added) return Unexpected(added.error());
    if (*record) return Outcome::commit();
    auto recorded =
        transaction.record_request({.key = order_.request_key,
                                    .fingerprint = pipeline::fingerprint_of(request_of(order_, {})),
                                    .kind = RequestRecord::Kind::kOrder,
                                    .entity = to_string(order_.id)});
    if (!recorded) return Unexpected(recorded.error());
    return Outcome::commit();
  }

  Order take() { return std::move(result_); }

 private:
  const Order order_;
  Order result_;
};

}  // namespace

OrderId order_id_of(std::string_view key) {
  const auto made = boost::uuids::name_generator_sha1(kNamespace)(key.data(), key.size());
  OrderId id;
  std::copy(made.begin(), made.end(), id.bytes.begin());
  return id;
}

bool is_made_of_key(const OrderId& order) { return order.bytes[6] >> 4U == 5; }

pipeline::PlaceOrder request_of(const Order& order, std::string correlation) {
  pipeline::PlaceOrder request{.user = order.user,
                               .items = {},
                               .coupon = order.coupon,
                               .tag = {order.request_key, std::move(correlation)},
                               .id = order.id};
  request.items.reserve(order.items.size());
  for (const auto& item : order.items) request.items.push_back({item.product, item.quantity});
  return request;
}

std::vector<Claim> claims_of(const Order& order) {
  std::vector<Claim> claims;
  claims.reserve(order.items.size());
  for (const auto& item : order.items) {
    claims.push_back({.resource = resource_of(item.product),
                      .user = order.user,
                      .quantity = item.quantity,
                      .request = order.request_key});
  }
  return claims;
}

Settlement settlement_of(const Claim& claim, const Order& order) {
  const bool took =
      order.status == Order::Status::kCompleted &&
      std::ranges::any_of(order.items, [&](const OrderItem& item) {
        return value_of(item.product) == claim.resource.id && item.quantity == claim.quantity;
      });
  return took ? Settlement::kIssued : Settlement::kReturned;
}

Result<std::vector<std::optional<Order>>> OrderBook::orders_of(
    std::span<const std::string> requests, Context& context) {
  std::vector<std::optional<Order>> orders;
  auto looked = pipeline::look_up(store_, context, [&](Transaction& transaction) -> Result<void> {
    orders.clear();
    for (const auto& request : requests) {
      auto order = order_of(transaction, request);
      if (!order) return Unexpected(std::move(order.error()));
      orders.push_back(*std::move(order));
    }
    return {};
  });
  if (!looked) return Unexpected(std::move(looked.error()));
  return orders;
}

Result<bool> OrderBook::was_given_up(const pipeline::PlaceOrder& request, Context& context) {
  const auto orders = orders_of({&request.tag.key, 1}, context);
  if (!orders) return Unexpected(orders.error());
  const auto& order = orders->front();
  const bool is_closed = order && order->status == Order::Status::kFailed &&
                         order->failure == saga::kSagaTimeout && order->user == request.user &&
                         order->id == order_id_of(request.tag.key);
  if (!is_closed || request.items.empty()) return is_closed;
  return std::ranges::all_of(order->items, [&request](const OrderItem& item) {
    return std::ranges::any_of(request.items, [&item](const pipeline::ItemRequest& wanted) {
      return wanted.product == item.product && wanted.quantity == item.quantity;
    });
  });
}

Result<Order> OrderBook::fail(const Order& order, std::string_view reason, Context& context) {
  auto failed = order;
  failed.status = Order::Status::kFailed;
  failed.failure = reason;
  Fail operation(std::move(failed));
  if (auto done = transact_patiently(store_, operation, context); !done) {
    return Unexpected(std::move(done.error()));
  }
  return operation.take();
}

}  // namespace stampede::stock
