#include "core/saga/accept_order.hpp"

#include <utility>

#include "core/pipeline/order_fingerprint.hpp"
#include "core/saga/steps.hpp"

namespace stampede::saga {

AcceptOrder::AcceptOrder(const ServiceContext& service, const pipeline::PlaceOrder& request,
                         Order order)
    : KeyedOperation(RequestRecord::Kind::kOrder, request.tag, pipeline::fingerprint_of(request)),
      service_(service),
      request_(request),
      order_(std::move(order)),
      telling_(service.outbox) {}

Result<bool> AcceptOrder::find_effect(Transaction& transaction) {
  auto read = transaction.order(order_.id);
  if (!read) return Unexpected(read.error());
  if (!*read) return false;
  set_value(**std::move(read));
  return true;
}

Result<Outcome> AcceptOrder::apply(Transaction& transaction) {
  telling_.restart();
  auto wallet = transaction.wallet(order_.user);
  if (!wallet) return Unexpected(wallet.error());
  if (!*wallet) return Outcome::refuse(RefusalCode::kUserNotFound);
  if (auto added = transaction.add_order(order_); !added) return Unexpected(added.error());
  if (request_.items.empty()) {
    if (auto cleared = clear_cart(transaction); !cleared) return Unexpected(cleared.error());
  }
  auto told = telling_.tell(transaction, tell(topic::kOrderPending, {order_, std::nullopt},
                                              service_.options.key, tag().correlation));
  if (!told) return Unexpected(told.error());
  return remember(transaction, order_, to_string(order_.id), Event{});
}

// A step notes that the order came from the cart, so that it can be put back.
Result<void> AcceptOrder::clear_cart(Transaction& transaction) const {
  std::vector<CartLine> ordered;
  ordered.reserve(order_.items.size());
  for (const auto& item : order_.items) ordered.push_back({item.product, item.quantity});
  if (auto cleared = transaction.clear_cart(order_.user, ordered); !cleared) return cleared;
  return transaction.put_saga_step({.key = cart_step(order_.id),
                                    .state = SagaStep::State::kDone,
                                    .detail = detail_of(order_.id),
                                    .at = order_.created_at});
}

Result<std::optional<Order>> AcceptOrder::recall(Transaction& transaction,
                                                 const std::string& entity) {
  const auto id = parse_order_id(entity);
  if (!id) return std::optional<Order>();
  return transaction.order(*id);
}

Result<void> restore_cart(Transaction& transaction, const Order& order, TimePoint now) {
  auto read = transaction.saga_step(cart_step(order.id));
  if (!read) return Unexpected(read.error());
  if (!*read || (*read)->state != SagaStep::State::kDone) return {};
  for (const auto& item : order.items) {
    auto added = transaction.add_to_cart(order.user, item.product, item.quantity);
    if (!added) return added;
  }
  auto undone = **read;
  undone.state = SagaStep::State::kUndone;
  undone.at = now;
  return transaction.put_saga_step(undone);
}

}  // namespace stampede::saga
