// Forces one operation into the middle of another. A race that is hoped for is noticed now and
// then; one that is forced is noticed every time.

#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <ostream>

#include "core/api/lock_strategy.hpp"
#include "tests/interleaving/operations.hpp"

namespace stampede {

// How GoogleTest shows an outcome; it looks for a function of this name.
// NOLINTBEGIN(readability-identifier-naming)
inline void PrintTo(const Result<Outcome>& outcome, std::ostream* out) {
  if (!outcome) {
    *out << to_string(outcome.error().code) << ": " << outcome.error().message;
  } else if (outcome->committed()) {
    *out << "committed";
  } else {
    *out << "refused, RefusalCode " << static_cast<int>(outcome->refusal);
  }
}
inline void PrintTo(const Outcome& outcome, std::ostream* out) {
  PrintTo(Result<Outcome>(outcome), out);
}
// NOLINTEND(readability-identifier-naming)

}  // namespace stampede

namespace stampede::test {

// Only bounds how long something broken can hang a test.
inline constexpr std::chrono::seconds kPatience{20};
// How long an operation that stands before a lock waits before it counts as kept out.
inline constexpr std::chrono::milliseconds kBrief{25};

// One execution of an operation, with where its time went.
struct Execution {
  Result<Outcome> outcome;
  Phases phases;
};
Execution run(LockStrategy& strategy, Store& store, ScriptedOperation& operation,
              std::chrono::nanoseconds time_limit = kPatience);

// An operation that is started on a thread of its own while another stands still.
class Intruder {
 public:
  Intruder(LockStrategy& strategy, Store& store, ScriptedOperation& operation,
           std::chrono::nanoseconds patience = kPatience);

  // Runs the operation to its end, or until it has stood before a lock for a short while and given
  // up. Returns when that is known, or when `patience` has passed without either.
  void get_in();
  // Starts the operation with ample time and returns at once.
  void start();
  // The answer, once whatever it had to wait for is over. An operation that was kept out is run
  // again first, as its client would.
  Result<Outcome> finish();

  bool kept_out() const { return kept_out_; }
  // It neither ended nor gave up: it waits beyond its deadline.
  bool hung() const { return hung_; }

 private:
  LockStrategy& strategy_;
  Store& store_;
  ScriptedOperation& operation_;
  const std::chrono::nanoseconds patience_;
  std::future<Result<Outcome>> running_;
  bool kept_out_ = false;
  bool hung_ = false;
};

struct Interleaved {
  Result<Outcome> first;
  Result<Outcome> second;
  bool kept_out = false;  // `second` was let in only after `first` had ended.
  bool hung = false;
};

// Runs `first`, and `second` between what the first run of its work reads and what it writes.
Interleaved interleave(LockStrategy& strategy, Store& store, ScriptedOperation& first,
                       ScriptedOperation& second);

// A store that stops a transaction just before its commit, or after it and before the answer: the
// first transaction for which a hook is set, once.
class GatedStore final : public Store {
 public:
  explicit GatedStore(Store& store) : store_(store), fences_(store.fences()) {}

  void set_before_commit(std::function<void()> hook) { before_commit_ = std::move(hook); }
  // Instead of the store's own.
  void set_fences(FenceStore* fences) { fences_ = fences; }
  void set_before_answer(std::function<void()> hook) { before_answer_ = std::move(hook); }

  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override;

  Sharing sharing() const override { return store_.sharing(); }
  bool supports(const TransactionOptions& options) const override {
    return store_.supports(options);
  }
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override {
    return store_.read_view(deadline);
  }
  Result<void> seed(const Seed& seed) override { return store_.seed(seed); }
  Result<void> ping(Deadline deadline) override { return store_.ping(deadline); }
  StoreStats stats() const override { return store_.stats(); }
  FenceStore* fences() override { return fences_; }

 private:
  std::function<void()> take(std::function<void()>& hook);

  Store& store_;
  FenceStore* fences_;
  std::mutex mutex_;
  std::function<void()> before_commit_;
  std::function<void()> before_answer_;
};

}  // namespace stampede::test
