// Forces one operation into the middle of another. A race that is hoped for is noticed now and
// then; one that is forced is noticed every time.

#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <optional>

#include "core/api/lock_strategy.hpp"
#include "experiments/check/check.hpp"
#include "experiments/check/forwarding.hpp"
#include "experiments/check/operations.hpp"

namespace stampede::check {

// One execution of an operation, with where its time went.
struct Execution {
  Result<Outcome> outcome;
  Phases phases;
};
Execution run(LockStrategy& strategy, Store& store, ScriptedOperation& operation,
              std::chrono::nanoseconds time_limit = kPatience);

// Runs the work with conditional writes, past the strategy under test. kLockTimeout when a lock in
// the store kept it out for a short while.
Result<Outcome> compete(Store& store, ScriptedOperation& operation);

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

// An operation that stands still, with whatever lock it has by then, until it is let go.
class Standstill {
 public:
  enum class Point { kGuarded, kWork };  // In the work: between what it reads and what it writes.

  // Returns when the operation has arrived there, or has ended without. The operation and the
  // others outlive it.
  Standstill(LockStrategy& strategy, Store& store, ScriptedOperation& operation,
             Point point = Point::kGuarded);
  ~Standstill() { finish(); }
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  // Lets it go, and returns how it ended.
  const Execution& finish();

 private:
  void arrive();
  void stand_still();

  std::promise<void> arrived_;
  std::once_flag has_arrived_;
  std::promise<void> let_go_;
  std::shared_future<void> may_go_;
  std::future<Execution> running_;
  std::optional<Execution> made_;
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
class GatedStore final : public ForwardingStore {
 public:
  explicit GatedStore(Store& store) : ForwardingStore(store) {}

  void set_before_commit(std::function<void()> hook) { before_commit_ = std::move(hook); }
  void set_before_answer(std::function<void()> hook) { before_answer_ = std::move(hook); }

  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override;

 private:
  std::function<void()> take(std::function<void()>& hook);

  std::mutex mutex_;
  std::function<void()> before_commit_;
  std::function<void()> before_answer_;
};

}  // namespace stampede::check
