// Strategies that run again after a conflict and are broken on purpose, each in one way. Safe for
// concurrent use, in so far as they are not broken in that.

#pragma once

#include "tests/kit/mutants/locks.hpp"

namespace stampede::kit {

// Runs again after a conflict, as `optimistic` does; `Again` says what is wrong with how.
template <typename Again>
class Retries final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    auto outcome = begin_and_work(kVersioned, store, operation, context);
    while (Again::wanted(outcome, context)) outcome = Again::run(store, operation, context);
    return Again::answer(outcome);
  }

  static bool is_conflict(const Result<Outcome>& outcome) {
    return !outcome && outcome.error().code == ErrorCode::kConflict;
  }
};

struct Properly {
  static bool wanted(const Result<Outcome>& outcome, const Context& context) {
    return Retries<Properly>::is_conflict(outcome) && Clock::now() < context.deadline;
  }
  static Result<Outcome> run(Store& store, Operation& operation, Context& context) {
    return store.transact(kVersioned, operation, context);
  }
  static Result<Outcome> answer(const Result<Outcome>& outcome) { return outcome; }
};

struct WithGuarded : Properly {
  static Result<Outcome> run(Store& store, Operation& operation, Context& context) {
    auto begun = operation.guarded(context);
    if (!begun || !begun->committed()) return begun;
    return store.transact(kVersioned, operation, context);
  }
};

struct AfterRefusals : Properly {
  static bool wanted(const Result<Outcome>& outcome, const Context& context) {
    const bool refused_once = outcome && !outcome->committed() && context.phases.attempts < 2;
    return refused_once || Properly::wanted(outcome, context);
  }
};

struct BeyondTheDeadline : Properly {
  static bool wanted(const Result<Outcome>& outcome, const Context&) {
    return Retries<Properly>::is_conflict(outcome);
  }
  static Result<Outcome> run(Store& store, Operation& operation, Context& context) {
    Context patient{.deadline = Deadline::max(), .phases = context.phases};
    return store.transact(kVersioned, operation, patient);
  }
};

struct NeverAndSaysCommitted : Properly {
  static bool wanted(const Result<Outcome>&, const Context&) { return false; }
  static Result<Outcome> answer(const Result<Outcome>& outcome) {
    return Retries<Properly>::is_conflict(outcome) ? Outcome::commit() : outcome;
  }
};

// Only products are read without a version.
class DropsAVersionCheck final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    auto forms = kVersioned;
    forms.product = WriteForm::kReadThenWrite;
    return begin_and_work(forms, store, operation, context);
  }
};

// Says once more what it said, when it had to run again.
struct PublishesTwice : Properly {
  static Result<Outcome> run(Store& store, Operation& operation, Context& context) {
    Announcing announcing(operation);
    return store.transact(kVersioned, announcing, context);
  }

 private:
  struct Announcing final : ForwardingOperation {
    using ForwardingOperation::ForwardingOperation;
    Result<Outcome> work(Transaction& transaction) override {
      auto outcome = operation_.work(transaction);
      const auto again = transaction.emit({"again", "ORDER_COMPLETED", "again", "{}", "test"});
      return again ? outcome : Unexpected(again.error());
    }
  };
};

struct DropsEvents : Properly {
  static Result<Outcome> run(Store& store, Operation& operation, Context& context) {
    Silent silent(operation);
    return store.transact(kVersioned, silent, context);
  }

 private:
  struct Mute final : ForwardingTransaction {
    using ForwardingTransaction::ForwardingTransaction;
    Result<void> emit(Event) override { return {}; }
  };
  struct Silent final : ForwardingOperation {
    using ForwardingOperation::ForwardingOperation;
    Result<Outcome> work(Transaction& transaction) override {
      Mute mute(transaction);
      return operation_.work(mute);
    }
  };
};

}  // namespace stampede::kit
