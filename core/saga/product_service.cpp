#include "core/saga/product_service.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/saga/refusing.hpp"
#include "core/saga/steps.hpp"

namespace stampede::saga {

namespace {

// Reads and takes every item, by product: orders that take in one order never wait in a circle.
Result<Outcome> take_items(Transaction& transaction, const Order& order) {
  for (const auto& item : order.items) {
    auto product = transaction.product(item.product);
    if (!product) return Unexpected(product.error());
    if (!*product) return Outcome::refuse(RefusalCode::kProductNotFound);
    auto taken = transaction.take_stock(**product, item.quantity);
    if (!taken) return Unexpected(taken.error());
    if (!*taken) return Outcome::refuse(RefusalCode::kInsufficientStock);
  }
  return Outcome::commit();
}

Result<void> return_items(Transaction& transaction, const Order& order) {
  for (const auto& item : order.items) {
    auto product = transaction.product(item.product);
    if (!product) return Unexpected(product.error());
    if (!*product) return fail(ErrorCode::kInternal, "the product of an order is gone");
    auto returned = transaction.return_stock(**product, item.quantity);
    if (!returned) return returned;
  }
  return {};
}

Reaction reaction_to(OrderFact& fact) {
  std::ranges::sort(fact.order.items, {}, &OrderItem::product);
  Reaction reaction{.order = to_string(fact.order.id), .scope = {}, .apply = {}};
  for (const auto& item : fact.order.items) reaction.scope.add(item.product);
  return reaction;
}

}  // namespace

std::vector<Subscription> ProductService::subscriptions() {
  return {{topic::kPaymentSuccessful,
           [this](const Event& event) -> Result<std::optional<Reaction>> {
             auto fact = read_order_fact(event);
             if (!fact) return Unexpected(fact.error());
             return take(event, *std::move(fact));
           }},
          {topic::kOrderFailed, [this](const Event& event) -> Result<std::optional<Reaction>> {
             auto fact = read_order_fact(event);
             if (!fact) return Unexpected(fact.error());
             return put_back(*std::move(fact));
           }}};
}

Result<Quoted> ProductService::quote(std::span<const ProductId> products, Call& call) {
  auto view = context_.store.read_view(call.context.deadline);
  if (!view) return Unexpected(view.error());
  Quoted quoted;
  for (const auto id : products) {
    auto product = (*view)->product(id);
    if (!product) return Unexpected(product.error());
    if (!*product) return Quoted{.products = {}, .refusal = RefusalCode::kProductNotFound};
    quoted.products.push_back(**std::move(product));
  }
  return quoted;
}

Reaction ProductService::take(const Event& event, OrderFact heard) const {
  const auto now = context_.clock.now();
  auto reaction = reaction_to(heard);
  const auto fact = std::make_shared<const OrderFact>(std::move(heard));
  reaction.apply = [this, now, fact, correlation = event.correlation](Act& act) -> Result<Outcome> {
    const auto key = stock_step(fact->order.id);
    auto step = act.transaction.saga_step(key);
    if (!step) return Unexpected(step.error());
    if (*step) {  // The order failed before, or the fact was told under another id.
      act.note = "nothing: the stock is settled";
      return Outcome::commit();
    }
    auto taken = take_items(act.transaction, fact->order);
    if (!taken || !taken->committed()) return taken;
    auto kept = act.transaction.put_saga_step({.key = key,
                                               .state = SagaStep::State::kDone,
                                               .detail = detail_of(fact->order.id),
                                               .at = now});
    if (!kept) return Unexpected(kept.error());
    act.note = topic::kStockDecreased;
    auto told = act.tell(tell(topic::kStockDecreased, *fact, context_.options.key, correlation));
    if (!told) return Unexpected(told.error());
    return Outcome::commit();
  };
  reaction.refuse =
      refusing(context_, event, fact, stock_step(fact->order.id), topic::kStockDecreaseFailed);
  return reaction;
}

Reaction ProductService::put_back(OrderFact fact) const {
  const auto now = context_.clock.now();
  auto reaction = reaction_to(fact);
  reaction.apply = [now, order = std::move(fact.order)](Act& act) -> Result<Outcome> {
    const auto key = stock_step(order.id);
    auto read = act.transaction.saga_step(key);
    if (!read) return Unexpected(read.error());
    const auto& step = *read;
    if (step && step->state != SagaStep::State::kDone) {
      act.note = "nothing: no stock was taken";
      return Outcome::commit();
    }
    if (step) {
      if (auto returned = return_items(act.transaction, order); !returned) {
        return Unexpected(returned.error());
      }
    }
    auto kept = act.transaction.put_saga_step(closed(step, key, order, now));
    if (!kept) return Unexpected(kept.error());
    act.note = step ? "put back" : "closed before the stock";
    return Outcome::commit();
  };
  return reaction;
}

}  // namespace stampede::saga
