#include "core/saga/user_service.hpp"

#include <memory>
#include <utility>

#include "core/saga/refusing.hpp"
#include "core/saga/steps.hpp"

namespace stampede::saga {

std::vector<Subscription> UserService::subscriptions() {
  return {{topic::kOrderPending,
           [this](const Event& event) -> Result<std::optional<Reaction>> {
             auto fact = read_order_fact(event);
             if (!fact) return Unexpected(fact.error());
             return pay(event, *std::move(fact));
           }},
          {topic::kOrderFailed, [this](const Event& event) -> Result<std::optional<Reaction>> {
             auto fact = read_order_fact(event);
             if (!fact) return Unexpected(fact.error());
             return refund(*std::move(fact));
           }}};
}

Reaction UserService::pay(const Event& event, OrderFact heard) const {
  const auto now = context_.clock.now();
  const auto fact = std::make_shared<const OrderFact>(std::move(heard));
  Reaction reaction{.order = to_string(fact->order.id), .scope = {}, .apply = {}};
  reaction.scope.add(fact->order.user);
  reaction.apply = [this, now, fact, correlation = event.correlation](Act& act) -> Result<Outcome> {
    const auto& order = fact->order;
    const auto key = payment_step(order.id);
    auto step = act.transaction.saga_step(key);
    if (!step) return Unexpected(step.error());
    if (*step) {  // The order failed before it was paid, or the fact was told under another id.
      act.note = "nothing: the payment is settled";
      return Outcome::commit();
    }
    auto wallet = act.transaction.wallet(order.user);
    if (!wallet) return Unexpected(wallet.error());
    if (!*wallet) return Outcome::refuse(RefusalCode::kUserNotFound);
    auto taken = act.transaction.debit(**wallet, order.total);
    if (!taken) return Unexpected(taken.error());
    if (!*taken) return Outcome::refuse(RefusalCode::kInsufficientBalance);
    auto kept = act.transaction.put_saga_step(
        {.key = key, .state = SagaStep::State::kDone, .detail = detail_of(order.id), .at = now});
    if (!kept) return Unexpected(kept.error());
    act.note = topic::kPaymentSuccessful;
    auto told = act.tell(tell(topic::kPaymentSuccessful, *fact, context_.options.key, correlation));
    if (!told) return Unexpected(told.error());
    return Outcome::commit();
  };
  reaction.refuse =
      refusing(context_, event, fact, payment_step(fact->order.id), topic::kPaymentFailed);
  return reaction;
}

Reaction UserService::refund(OrderFact fact) const {
  const auto now = context_.clock.now();
  const bool gives_back = context_.options.compensation == Compensation::kRefund;
  Reaction reaction{.order = to_string(fact.order.id), .scope = {}, .apply = {}};
  reaction.scope.add(fact.order.user);
  reaction.apply = [now, gives_back, order = std::move(fact.order)](Act& act) -> Result<Outcome> {
    const auto key = payment_step(order.id);
    auto read = act.transaction.saga_step(key);
    if (!read) return Unexpected(read.error());
    const auto& step = *read;
    if (step && step->state != SagaStep::State::kDone) {
      act.note = "nothing: no payment was taken";
      return Outcome::commit();
    }
    if (step && !gives_back) {
      act.note = "nothing: payments are not given back";
      return Outcome::commit();
    }
    if (step && order.total.minor > 0) {  // A coupon may have made it free.
      auto wallet = act.transaction.wallet(order.user);
      if (!wallet) return Unexpected(wallet.error());
      if (!*wallet) return fail(ErrorCode::kInternal, "the wallet of a paid order is gone");
      auto given = act.transaction.credit(**wallet, order.total);
      if (!given) return Unexpected(given.error());
    }
    auto kept = act.transaction.put_saga_step(closed(step, key, order, now));
    if (!kept) return Unexpected(kept.error());
    act.note = step ? "refunded" : "closed before the payment";
    return Outcome::commit();
  };
  return reaction;
}

}  // namespace stampede::saga
