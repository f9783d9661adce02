#include "experiments/check/interleave.hpp"

#include <utility>

#include "experiments/check/watched_store.hpp"

namespace stampede::check {
namespace {

bool is(const Result<Outcome>& outcome, ErrorCode code) {
  return !outcome && outcome.error().code == code;
}

// Calls attempt(time limit) until it has ended or a lock kept it out. On a busy machine a short
// deadline may pass without any lock; then it gets more time, so that the race is still forced.
template <typename Attempt>
Result<Outcome> try_to_get_in(Attempt attempt) {
  for (std::chrono::nanoseconds time_limit = kBrief;; time_limit *= 4) {
    auto outcome = attempt(time_limit);
    const bool too_slow = is(outcome, ErrorCode::kTimeout) || is(outcome, ErrorCode::kPoolTimeout);
    if (!too_slow || time_limit > kPatience) return outcome;
  }
}

class GatedOperation final : public ForwardingOperation {
 public:
  GatedOperation(Operation& operation, std::function<void()> gate)
      : ForwardingOperation(operation), gate_(std::move(gate)) {}

  Result<Outcome> work(Transaction& transaction) override {
    auto outcome = operation_.work(transaction);
    if (gate_) std::exchange(gate_, nullptr)();
    return outcome;
  }

 private:
  std::function<void()> gate_;
};

}  // namespace

Execution run(LockStrategy& strategy, Store& store, ScriptedOperation& operation,
              std::chrono::nanoseconds time_limit) {
  auto* const watched_store = watched(store);
  operation.history = watched_store == nullptr ? nullptr : &watched_store->history();
  const Acting acting(operation.name());
  if (operation.history != nullptr) {
    operation.history->note("is executed, with " + show(time_limit) + " until its deadline");
  }
  Execution made;
  Context context{.deadline = Clock::now() + time_limit, .phases = made.phases};
  made.outcome = strategy.execute(store, operation.scope(), operation, context);
  if (operation.history != nullptr) operation.history->note("is answered: " + show(made.outcome));
  return made;
}

Result<Outcome> compete(Store& store, ScriptedOperation& operation) {
  return try_to_get_in([&](std::chrono::nanoseconds time_limit) {
    Phases phases;
    Context context{.deadline = Clock::now() + time_limit, .phases = phases};
    return store.transact({}, operation, context);
  });
}

Intruder::Intruder(LockStrategy& strategy, Store& store, ScriptedOperation& operation,
                   std::chrono::nanoseconds patience)
    : strategy_(strategy), store_(store), operation_(operation), patience_(patience) {}

void Intruder::get_in() {
  running_ = std::async(std::launch::async, [this] {
    return try_to_get_in([this](std::chrono::nanoseconds time_limit) {
      return run(strategy_, store_, operation_, time_limit).outcome;
    });
  });
  hung_ = running_.wait_for(patience_) != std::future_status::ready;
}

void Intruder::start() {
  std::promise<void> started;
  auto has_started = started.get_future();
  running_ = std::async(std::launch::async, [this, started = std::move(started)]() mutable {
    started.set_value();
    return run(strategy_, store_, operation_).outcome;
  });
  has_started.wait();
}

Result<Outcome> Intruder::finish() {
  if (!running_.valid()) return fail(ErrorCode::kInternal, "the point of the race was not reached");
  auto outcome = running_.get();
  kept_out_ = is(outcome, ErrorCode::kLockTimeout);
  return kept_out_ ? run(strategy_, store_, operation_).outcome : std::move(outcome);
}

Standstill::Standstill(LockStrategy& strategy, Store& store, ScriptedOperation& operation,
                       Point point)
    : may_go_(let_go_.get_future()) {
  if (point == Point::kGuarded) {
    operation.in_guarded = [this]() -> Result<Outcome> {
      stand_still();
      return Outcome::commit();
    };
  } else {
    operation.between = [this](int run_number) {
      if (run_number == 1) stand_still();
    };
  }
  running_ = std::async(std::launch::async, [&, this] {
    auto made = run(strategy, store, operation);
    arrive();
    return made;
  });
  arrived_.get_future().wait();
}

void Standstill::arrive() {
  std::call_once(has_arrived_, [this] { arrived_.set_value(); });
}

void Standstill::stand_still() {
  arrive();
  may_go_.wait();
}

const Execution& Standstill::finish() {
  if (!made_) {
    let_go_.set_value();
    made_ = running_.get();
  }
  return *made_;
}

Interleaved interleave(LockStrategy& strategy, Store& store, ScriptedOperation& first,
                       ScriptedOperation& second) {
  Intruder intruder(strategy, store, second);
  first.between = [&intruder](int number) {
    if (number == 1) intruder.get_in();
  };
  Interleaved result;
  result.first = run(strategy, store, first).outcome;
  first.between = nullptr;
  result.second = intruder.finish();
  result.kept_out = intruder.kept_out();
  result.hung = intruder.hung();
  return result;
}

Result<Outcome> GatedStore::transact(const TransactionOptions& options, Operation& operation,
                                     Context& context) {
  GatedOperation gated(operation, take(before_commit_));
  auto outcome = to_.transact(options, gated, context);
  if (const auto hook = take(before_answer_)) hook();
  return outcome;
}

std::function<void()> GatedStore::take(std::function<void()>& hook) {
  const std::lock_guard guard(mutex_);
  return std::exchange(hook, nullptr);
}

}  // namespace stampede::check
