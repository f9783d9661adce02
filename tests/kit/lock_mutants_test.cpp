// Strategies that are broken on purpose, each in one way, and the promises by which the contract's
// checks find them out. A check that finds nothing here would find nothing in a real strategy.

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "plugins/locks/fifo_mutex.hpp"
#include "tests/contract/lock_strategy_checks.hpp"
#include "tests/interleaving/plugins_under_test.hpp"

namespace stampede::test {
namespace {

using locks::FifoMutex;

constexpr TransactionOptions kBlind = TransactionOptions::all(WriteForm::kReadThenWrite);
constexpr TransactionOptions kVersioned = TransactionOptions::all(WriteForm::kVersioned);

class Mutant : public LockStrategy {
 public:
  bool runs_on(const Store&) const override { return true; }

 protected:
  static Result<Outcome> begin_and_work(const TransactionOptions& forms, Store& store,
                                        Operation& operation, Context& context) {
    auto begun = operation.guarded(context);
    if (!begun || !begun->committed()) return begun;
    return store.transact(forms, operation, context);
  }
  static Unexpected too_late() { return fail(ErrorCode::kLockTimeout, "waited in vain"); }
};

// The classic mistake: the lock is inside the transaction.
class ReleasesBeforeCommit final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    Locked locked(operation, mutex_, context.deadline);
    return begin_and_work(kBlind, store, locked, context);
  }

 private:
  class Locked final : public Operation {
   public:
    Locked(Operation& operation, FifoMutex& mutex, Deadline deadline)
        : operation_(operation), mutex_(mutex), deadline_(deadline) {}
    Result<Outcome> guarded(Context& context) override { return operation_.guarded(context); }
    Result<Outcome> work(Transaction& transaction) override {
      const std::unique_lock lock(mutex_, deadline_);
      return lock ? operation_.work(transaction) : too_late();
    }

   private:
    Operation& operation_;
    FifoMutex& mutex_;
    const Deadline deadline_;
  };

  FifoMutex mutex_;
};

class IgnoresTheDeadline final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    const std::lock_guard lock(mutex_);
    return begin_and_work(kBlind, store, operation, context);
  }

 private:
  std::mutex mutex_;
};

// Lets go only when all went well.
class KeepsTheLockAfterAnError final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    if (!mutex_.try_lock_until(context.deadline)) return too_late();
    auto outcome = begin_and_work(kBlind, store, operation, context);
    if (outcome) mutex_.unlock();
    return outcome;
  }

 private:
  FifoMutex mutex_;
};

// Lets go at the end, which an exception does not reach.
class KeepsTheLockAfterAnException final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    if (!mutex_.try_lock_until(context.deadline)) return too_late();
    auto outcome = begin_and_work(kBlind, store, operation, context);
    mutex_.unlock();
    return outcome;
  }

 private:
  FifoMutex mutex_;
};

class TakesTheLockAfterGuarded final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    auto begun = operation.guarded(context);
    if (!begun || !begun->committed()) return begun;
    const std::unique_lock lock(mutex_, context.deadline);
    return lock ? store.transact(kBlind, operation, context) : too_late();
  }

 private:
  FifoMutex mutex_;
};

class LocksTheWrongThing final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                          Context& context) override {
    const auto user = static_cast<std::size_t>(scope.resources().front().id);
    const std::unique_lock lock(of_user_[user % of_user_.size()], context.deadline);
    return lock ? begin_and_work(kBlind, store, operation, context) : too_late();
  }

 private:
  std::array<FifoMutex, 16> of_user_;  // Stock is not theirs, and is written blindly.
};

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

class SkipsGuarded final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    return store.transact({}, operation, context);
  }
};

class Unprotected final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    return begin_and_work(kBlind, store, operation, context);
  }
};

struct Case {
  const char* name;
  std::unique_ptr<LockStrategy> (*make)();
  const char* promise;  // That it breaks.
};

template <typename Strategy>
std::unique_ptr<LockStrategy> make() {
  return std::make_unique<Strategy>();
}

constexpr Case kCases[] = {
    {"ReleasesBeforeCommit", make<ReleasesBeforeCommit>, "NobodyGetsBetweenAWorkAndItsCommit"},
    {"IgnoresTheDeadline", make<IgnoresTheDeadline>, "NobodyWaitsForALockBeyondTheDeadline"},
    {"KeepsTheLockAfterAnError", make<KeepsTheLockAfterAnError>,
     "AnErrorOfTheWorkChangesNothingAndReleases"},
    {"KeepsTheLockAfterAnError", make<KeepsTheLockAfterAnError>, "AnErrorOfGuardedEndsIt"},
    {"KeepsTheLockAfterAnException", make<KeepsTheLockAfterAnException>,
     "AnExceptionChangesNothingAndReleases"},
    {"TakesTheLockAfterGuarded", make<TakesTheLockAfterGuarded>, "TheLockCoversGuarded"},
    {"ReportsNothing", make<TakesTheLockAfterGuarded>, "TheWaitAndTheHoldAreReported"},
    {"Unprotected", make<Unprotected>, "TheLockCoversTheAnswerOfTheStore"},
    {"LocksTheWrongThing", make<LocksTheWrongThing>, "LosesNoUpdate"},
    {"RetriesGuarded", make<Retries<WithGuarded>>, "GuardedRunsOnceAndBeforeTheWork"},
    {"RetriesRefusals", make<Retries<AfterRefusals>>, "ARefusalChangesNothingAndIsFinal"},
    {"RetriesBeyondTheDeadline", make<Retries<BeyondTheDeadline>>, "RetriesEndAtTheDeadline"},
    {"IgnoresConflicts", make<Retries<NeverAndSaysCommitted>>, "LosesNoUpdate"},
    {"SkipsGuarded", make<SkipsGuarded>, "GuardedRunsOnceAndBeforeTheWork"},
    {"SkipsGuarded", make<SkipsGuarded>, "ARefusalByGuardedEndsIt"},
    {"Unprotected", make<Unprotected>, "LosesNoUpdate"},
    {"Unprotected", make<Unprotected>, "NobodyGetsBetweenAWorkAndItsCommit"},
};

class BrokenStrategy : public testing::TestWithParam<std::tuple<Case, std::string_view>> {
 protected:
  Workshop workshop_;
};

TEST_P(BrokenStrategy, IsFoundOut) {
  const auto& [mutant, store] = GetParam();
  const Subject subject{
      .make_strategy = mutant.make,
      .make_store = [&, name = std::string(store)] { return workshop_.store(name); },
      .patience = std::chrono::milliseconds(400),
  };
  EXPECT_NE(check_of(mutant.promise).broken(subject), "");
}

std::string name_of(const testing::TestParamInfo<std::tuple<Case, std::string_view>>& info) {
  const auto& [mutant, store] = info.param;
  return std::string(mutant.name) + "_breaks_" + mutant.promise + "_on_" + std::string(store);
}

INSTANTIATE_TEST_SUITE_P(Every, BrokenStrategy,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(kProcessStores)),
                         name_of);

}  // namespace
}  // namespace stampede::test
