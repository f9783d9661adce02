#include "core/saga/coupon_service.hpp"

#include <utility>

#include "core/pipeline/issue_coupon.hpp"
#include "core/pipeline/rules.hpp"
#include "core/saga/steps.hpp"

namespace stampede::saga {

namespace {

constexpr int kAttempts = 8;

// Work given as a function. It resets what it answers, since it may run again.
class Work final : public Operation {
 public:
  explicit Work(const std::function<Result<Outcome>(Transaction&)>& work) : work_(work) {}
  Result<Outcome> work(Transaction& transaction) override { return work_(transaction); }

 private:
  const std::function<Result<Outcome>(Transaction&)>& work_;
};

// Sets the coupon free if it is kept for this order. Whether it was.
Result<bool> set_step_free(Transaction& transaction, const ReserveCoupon& kept, TimePoint now) {
  auto read = transaction.saga_step(coupon_step(kept.user, kept.coupon));
  if (!read) return Unexpected(read.error());
  const auto& step = *read;
  const bool is_ours =
      step && step->state == SagaStep::State::kDone && order_in(step->detail) == kept.order;
  if (!is_ours) return false;
  auto freed = *step;
  freed.state = SagaStep::State::kUndone;
  freed.at = now;
  if (auto put = transaction.put_saga_step(freed); !put) return Unexpected(put.error());
  return true;
}

}  // namespace

std::vector<Subscription> CouponService::subscriptions() {
  const auto of_coupon = [](const Event& event) -> Result<std::optional<OrderFact>> {
    auto fact = read_order_fact(event);
    if (!fact) return Unexpected(fact.error());
    if (!fact->order.coupon) return std::nullopt;
    return *std::move(fact);
  };
  return {{topic::kOrderCompleted,
           [this, of_coupon](const Event& event) -> Result<std::optional<Reaction>> {
             const auto fact = of_coupon(event);
             if (!fact) return Unexpected(fact.error());
             if (!*fact) return std::nullopt;
             return use(event, **fact);
           }},
          {topic::kOrderFailed,
           [this, of_coupon](const Event& event) -> Result<std::optional<Reaction>> {
             const auto fact = of_coupon(event);
             if (!fact) return Unexpected(fact.error());
             if (!*fact) return std::nullopt;
             return set_free(**fact);
           }}};
}

// A conflict is run again here: no strategy of its own accord does so for what it does not lock.
Result<Outcome> CouponService::execute(UserId user, Context& context,
                                       const std::function<Result<Outcome>(Transaction&)>& work) {
  Scope scope;
  scope.add(user);
  for (int attempt = 1;; ++attempt) {
    Work operation(work);
    auto outcome = context_.lock.execute(context_.store, scope, operation, context);
    if (outcome || outcome.error().code != ErrorCode::kConflict || attempt == kAttempts) {
      return outcome;
    }
  }
}

Result<Reservation> CouponService::reserve(const ReserveCoupon& request, Call& call) {
  const auto now = context_.clock.now();
  const auto oldest =
      now - std::chrono::duration_cast<std::chrono::microseconds>(context_.options.timeout);
  Reservation reservation;
  std::optional<OrderId> stale;  // Whose reservation stands in the way, and is old.
  const auto work = [&](Transaction& transaction) -> Result<Outcome> {
    stale.reset();
    auto coupon = transaction.coupon(request.coupon);
    if (!coupon) return Unexpected(coupon.error());
    if (!*coupon) return Outcome::refuse(RefusalCode::kCouponNotFound);
    auto held = transaction.user_coupon(request.user, request.coupon);
    if (!held) return Unexpected(held.error());
    const auto key = coupon_step(request.user, request.coupon);
    auto read = transaction.saga_step(key);
    if (!read) return Unexpected(read.error());
    const auto& step = *read;
    if (!*held || !pipeline::is_usable(**held, **coupon, now)) {
      return Outcome::refuse(RefusalCode::kCouponNotUsable);
    }
    if (step && step->state == SagaStep::State::kDone) {
      if (order_in(step->detail) == request.order) {  // The answer to an earlier call was lost.
        reservation.discount = (*coupon)->discount;
        return Outcome::refuse(RefusalCode::kNone);
      }
      if (step->at < oldest) stale = order_in(step->detail);
      return Outcome::refuse(RefusalCode::kCouponNotUsable);
    }
    reservation.discount = (*coupon)->discount;
    auto kept = transaction.put_saga_step(changed(step, {.key = key,
                                                         .state = SagaStep::State::kDone,
                                                         .detail = detail_of(request.order),
                                                         .at = now}));
    if (!kept) return Unexpected(kept.error());
    return Outcome::commit();
  };
  auto outcome = execute(request.user, call.context, work);
  if (outcome && stale && orders_ != nullptr) {
    const ReserveCoupon earlier{*stale, request.user, request.coupon};
    auto status = orders_->settle(earlier, call);
    if (!status) return Unexpected(status.error());
    if (*status == Order::Status::kFailed) {
      if (auto freed = release(earlier, call); !freed) return Unexpected(freed.error());
      outcome = execute(request.user, call.context, work);
    }
  }
  if (!outcome) return Unexpected(outcome.error());
  reservation.refusal = outcome->refusal;
  return reservation;
}

Result<void> CouponService::release(const ReserveCoupon& request, Call& call) {
  const auto now = context_.clock.now();
  auto outcome = execute(request.user, call.context, [&](Transaction& from) -> Result<Outcome> {
    auto freed = set_step_free(from, request, now);
    if (!freed) return Unexpected(freed.error());
    return *freed ? Outcome::commit() : Outcome::refuse(RefusalCode::kNone);
  });
  if (!outcome) return Unexpected(outcome.error());
  return {};
}

Result<pipeline::Reply<UserCoupon>> CouponService::issue(const pipeline::IssueCoupon& request,
                                                         Context& context) {
  auto reply = pipeline::issue_coupon(environment_, request, context);
  if (reply && reply->value && !reply->replayed) context_.outbox.wake();
  return reply;
}

Reaction CouponService::use(const Event& event, const OrderFact& fact) const {
  Reaction reaction{.order = to_string(fact.order.id), .scope = {}, .apply = {}};
  reaction.scope.add(fact.order.user).add(*fact.order.coupon);
  reaction.apply = [this, fact, correlation = event.correlation](Act& act) -> Result<Outcome> {
    const auto& order = fact.order;
    auto held = act.transaction.user_coupon(order.user, *order.coupon);
    if (!held) return Unexpected(held.error());
    if (!*held) return Outcome::refuse(RefusalCode::kCouponNotFound);
    if ((*held)->used_by == order.id) {
      act.note = "nothing: it is used";
      return Outcome::commit();
    }
    auto used = act.transaction.use_coupon(**held, order.id);
    if (!used) return Unexpected(used.error());
    if (!*used) return Outcome::refuse(RefusalCode::kCouponNotUsable);
    act.note = topic::kCouponUsed;
    auto told = act.tell(tell(topic::kCouponUsed, fact, context_.options.key, correlation));
    if (!told) return Unexpected(told.error());
    return Outcome::commit();
  };
  return reaction;
}

Reaction CouponService::set_free(const OrderFact& fact) const {
  const auto now = context_.clock.now();
  Reaction reaction{.order = to_string(fact.order.id), .scope = {}, .apply = {}};
  reaction.scope.add(fact.order.user);
  reaction.apply = [now, kept = ReserveCoupon{fact.order.id, fact.order.user, *fact.order.coupon}](
                       Act& act) -> Result<Outcome> {
    auto freed = set_step_free(act.transaction, kept, now);
    if (!freed) return Unexpected(freed.error());
    act.note = *freed ? "set free" : "nothing: it is not kept for this order";
    return Outcome::commit();
  };
  return reaction;
}

}  // namespace stampede::saga
