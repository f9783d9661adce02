#include "core/saga/user_coupon_service.hpp"

#include <algorithm>
#include <utility>

#include "core/saga/steps.hpp"

namespace stampede::saga {

std::vector<Subscription> UserCouponService::subscriptions() {
  return {{topic::kCouponIssued,
           [this](const Event& event) -> Result<std::optional<Reaction>> {
             const auto granted = read_coupon_issued(event);
             if (!granted) return Unexpected(granted.error());
             return grant(*granted);
           }},
          {topic::kCouponUsed, [this](const Event& event) -> Result<std::optional<Reaction>> {
             const auto fact = read_order_fact(event);
             if (!fact) return Unexpected(fact.error());
             if (!fact->order.coupon) {
               return fail(ErrorCode::kInvalid, "event " + event.id + " names no coupon");
             }
             return mark(*fact);
           }}};
}

Reaction UserCouponService::grant(const UserCoupon& granted) const {
  Reaction reaction{.order = {}, .scope = {}, .apply = {}};
  reaction.scope.add(granted.user);
  reaction.apply = [granted](Act& act) -> Result<Outcome> {
    auto held = act.transaction.user_coupon(granted.user, granted.coupon);
    if (!held) return Unexpected(held.error());
    if (*held) {
      act.note = "nothing: the user has it";
      return Outcome::commit();
    }
    if (auto given = act.transaction.grant_coupon(granted); !given) {
      return Unexpected(given.error());
    }
    auto step = act.transaction.saga_step(coupon_step(granted.user, granted.coupon));
    if (!step) return Unexpected(step.error());
    act.note = "granted";
    if (!*step) {
      // Written so that a mark which comes in the same moment conflicts, instead of not seeing it.
      auto kept = act.transaction.put_saga_step({.key = coupon_step(granted.user, granted.coupon),
                                                 .state = SagaStep::State::kDone,
                                                 .detail = R"({"granted":true})",
                                                 .at = granted.issued_at});
      if (!kept) return Unexpected(kept.error());
      return Outcome::commit();
    }
    const auto order = order_in((*step)->detail);
    if (!order) {  // Another delivery granted it between the two reads.
      return fail(ErrorCode::kConflict, (*step)->key + " was granted meanwhile");
    }
    auto used = act.transaction.use_coupon(granted, *order);
    if (!used) return Unexpected(used.error());
    act.note = "granted as used";
    return Outcome::commit();
  };
  return reaction;
}

Reaction UserCouponService::mark(const OrderFact& fact) const {
  const auto now = context_.clock.now();
  Reaction reaction{.order = to_string(fact.order.id), .scope = {}, .apply = {}};
  reaction.scope.add(fact.order.user);
  reaction.apply = [now, order = fact.order.id, user = fact.order.user,
                    coupon = *fact.order.coupon](Act& act) -> Result<Outcome> {
    auto held = act.transaction.user_coupon(user, coupon);
    if (!held) return Unexpected(held.error());
    if (!*held) {  // Its issue is on the way: the step waits for it, or conflicts with it.
      auto kept = act.transaction.put_saga_step({.key = coupon_step(user, coupon),
                                                 .state = SagaStep::State::kDone,
                                                 .detail = detail_of(order),
                                                 .at = now});
      if (!kept) return Unexpected(kept.error());
      act.note = "noted: the coupon is not here yet";
      return Outcome::commit();
    }
    if ((*held)->used_by == order) {
      act.note = "nothing: it is marked";
      return Outcome::commit();
    }
    auto used = act.transaction.use_coupon(**held, order);
    if (!used) return Unexpected(used.error());
    act.note = *used ? "marked" : "nothing: another order used it";
    return *used ? Outcome::commit() : Outcome::refuse(RefusalCode::kCouponNotUsable);
  };
  if (fact.completed_at) {
    reaction.committed = [this, now, at = *fact.completed_at] {
      context_.journal.coupon_marked(std::max(now - at, std::chrono::microseconds(0)));
    };
  }
  return reaction;
}

}  // namespace stampede::saga
