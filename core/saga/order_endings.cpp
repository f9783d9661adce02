// How orders end: the part of OrderService that hears of the other services, or of nothing.

#include <algorithm>
#include <memory>
#include <utility>

#include "core/saga/accept_order.hpp"
#include "core/saga/order_service.hpp"

namespace stampede::saga {

namespace {

constexpr std::chrono::seconds kStoreTimeout{5};

// Work given as a function. It resets what it answers, since it may run again.
class Work final : public Operation {
 public:
  using Function = std::function<Result<Outcome>(Transaction&)>;
  explicit Work(const Function& work) : work_(work) {}
  Result<Outcome> work(Transaction& transaction) override { return work_(transaction); }

 private:
  const Function& work_;
};

}  // namespace

// The order ended in this very transaction, or nothing when it was final before.
Result<std::optional<OrderFact>> OrderService::finish(Act& act, const Ending& ending) const {
  auto read = act.transaction.order(ending.order);
  if (!read) return Unexpected(read.error());
  if (!*read) {
    return fail(ErrorCode::kInvalid, "there is no order " + to_string(ending.order) + " here");
  }
  const auto& stored = **read;
  act.note = "nothing: the order is final";
  if (stored.status != Order::Status::kPending) return std::nullopt;
  auto finished = act.transaction.finish_order(stored, ending.status, ending.failure);
  if (!finished) return Unexpected(finished.error());
  if (!*finished) return std::nullopt;

  const bool completed = ending.status == Order::Status::kCompleted;
  OrderFact fact{stored, std::nullopt};
  fact.order.status = ending.status;
  fact.order.failure = ending.failure;
  if (completed) fact.completed_at = ending.at;
  if (!completed) {
    if (auto restored = restore_cart(act.transaction, stored, ending.at); !restored) {
      return Unexpected(restored.error());
    }
  }
  const auto topic = completed ? topic::kOrderCompleted : topic::kOrderFailed;
  act.note = topic;
  auto told = act.tell(tell(topic, fact, context_.options.key, ending.correlation));
  if (!told) return Unexpected(told.error());
  return fact;
}

Reaction OrderService::finish_by(const Event& event, OrderFact fact, Order::Status status) {
  const Ending ending{
      .order = fact.order.id,
      .status = status,
      .failure = status == Order::Status::kFailed ? std::move(fact.order.failure) : std::string(),
      .at = context_.clock.now(),
      .correlation = event.correlation};
  // Filled by the run of the work that is committed.
  const auto ended = std::make_shared<std::optional<OrderFact>>();
  Reaction reaction{.order = to_string(ending.order), .scope = {}, .apply = {}};
  reaction.scope.add(fact.order.user);
  reaction.apply = [this, ending, ended](Act& act) -> Result<Outcome> {
    ended->reset();
    auto finished = finish(act, ending);
    if (!finished) return Unexpected(finished.error());
    *ended = *std::move(finished);
    return Outcome::commit();
  };
  reaction.committed = [this, ended, at = ending.at] {
    if (*ended) tell_end((*ended)->order, at);
  };
  return reaction;
}

void OrderService::tell_end(const Order& order, TimePoint at) {
  context_.journal.order_final(order,
                               std::max(at - order.created_at, std::chrono::microseconds(0)));
  endings_.tell(to_string(order.id), order);
}

Result<bool> OrderService::give_up(const Order& order, std::string_view reason) {
  const auto id = to_string(order.id);
  const Ending ending{.order = order.id,
                      .status = Order::Status::kFailed,
                      .failure = std::string(reason),
                      .at = context_.clock.now(),
                      .correlation = id};  // The request's own is not kept with the order.
  std::optional<OrderFact> ended;
  std::string note;
  Outbox::Telling telling(context_.outbox);
  const Work::Function work = [&](Transaction& transaction) -> Result<Outcome> {
    telling.restart();
    Act act{transaction, telling, note};
    auto finished = finish(act, ending);
    if (!finished) return Unexpected(finished.error());
    ended = *std::move(finished);
    return ended ? Outcome::commit() : Outcome::refuse(RefusalCode::kNone);
  };
  Work operation(work);
  Scope scope;
  scope.add(order.user);
  Phases phases;
  Context context{Clock::now() + kStoreTimeout, phases};
  const auto outcome = context_.lock.execute(context_.store, scope, operation, context);
  if (!outcome) return Unexpected(outcome.error());
  if (!outcome->committed() || !ended) return false;
  tell_end(ended->order, ending.at);
  telling.committed(context.deadline);
  return true;
}

Result<Order::Status> OrderService::settle(const ReserveCoupon& reserved, Call& call) {
  Order never{.id = reserved.order,
              .user = reserved.user,
              .status = Order::Status::kFailed,
              .items = {},
              .coupon = reserved.coupon,
              .subtotal = {},
              .total = {},
              .created_at = context_.clock.now(),
              .request_key = {},
              .failure = std::string(kSagaTimeout)};
  auto status = Order::Status::kPending;
  const Work::Function work = [&](Transaction& transaction) -> Result<Outcome> {
    auto read = transaction.order(reserved.order);
    if (!read) return Unexpected(read.error());
    if (*read) {
      status = (*read)->status;
      return Outcome::refuse(RefusalCode::kNone);
    }
    status = never.status;
    if (auto added = transaction.add_order(never); !added) return Unexpected(added.error());
    return Outcome::commit();
  };
  Work operation(work);
  Scope scope;
  scope.add(reserved.user);
  const auto outcome = context_.lock.execute(context_.store, scope, operation, call.context);
  if (!outcome) return Unexpected(outcome.error());
  return status;
}

}  // namespace stampede::saga
