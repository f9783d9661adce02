// Lock strategies that are broken on purpose, each in one way. Safe for concurrent use, in so far
// as they are not broken in that.

#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "experiments/check/forwarding.hpp"
#include "plugins/locks/fifo_mutex.hpp"

namespace stampede::kit {

using check::ForwardingOperation;
using check::ForwardingTransaction;
using locks::FifoMutex;

inline constexpr TransactionOptions kBlind = TransactionOptions::all(WriteForm::kReadThenWrite);
inline constexpr TransactionOptions kVersioned = TransactionOptions::all(WriteForm::kVersioned);

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
  class Locked final : public ForwardingOperation {
   public:
    Locked(Operation& operation, FifoMutex& mutex, Deadline deadline)
        : ForwardingOperation(operation), mutex_(mutex), deadline_(deadline) {}
    Result<Outcome> work(Transaction& transaction) override {
      const std::unique_lock lock(mutex_, deadline_);
      return lock ? operation_.work(transaction) : too_late();
    }

   private:
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

class SkipsTheWork final : public Mutant {
 public:
  Result<Outcome> execute(Store&, const Scope&, Operation& operation, Context& context) override {
    return operation.guarded(context);
  }
};

// What users share is left to a lock that they do not share.
class IssuesCouponsBlindly final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                          Context& context) override {
    const auto user = static_cast<std::size_t>(scope.resources().front().id);
    const std::unique_lock lock(of_user_[user % of_user_.size()], context.deadline);
    if (!lock) return too_late();
    return begin_and_work({.user = WriteForm::kReadThenWrite, .coupon = WriteForm::kReadThenWrite},
                          store, operation, context);
  }

 private:
  std::array<FifoMutex, 16> of_user_;
};

// A lock for each user, but of the first one only.
class ForgetsTheSecondUser final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                          Context& context) override {
    const auto user = static_cast<std::size_t>(scope.resources().front().id);
    const std::unique_lock lock(of_user_[user % of_user_.size()], context.deadline);
    if (!lock) return too_late();
    return begin_and_work({.user = WriteForm::kReadThenWrite}, store, operation, context);
  }

 private:
  std::array<FifoMutex, 16> of_user_;
};

// Hands the lock on when its holder's time is over, whatever the holder does.
class LetsInAtTheDeadline final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    std::unique_lock held(mutex_);
    while (is_held_ && Clock::now() < until_) {
      if (Clock::now() >= context.deadline) return too_late();
      freed_.wait_until(held, std::min(until_, context.deadline));
    }
    is_held_ = true;
    until_ = context.deadline;
    const auto mine = ++grant_;
    held.unlock();
    auto outcome = begin_and_work(kBlind, store, operation, context);
    held.lock();
    if (grant_ == mine) is_held_ = false;
    freed_.notify_all();
    return outcome;
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool is_held_ = false;
  Deadline until_;
  int grant_ = 0;
};

// Whoever came last is next.
class ServesTheLastFirst final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    std::unique_lock held(mutex_);
    if (is_held_) {
      const auto place = waiting_.insert(waiting_.end(), false);
      while (!*place) {
        if (freed_.wait_until(held, context.deadline) == std::cv_status::timeout && !*place) {
          waiting_.erase(place);
          return too_late();
        }
      }
      waiting_.erase(place);
    }
    is_held_ = true;
    held.unlock();
    auto outcome = begin_and_work(kBlind, store, operation, context);
    held.lock();
    is_held_ = !waiting_.empty();
    if (is_held_) waiting_.back() = true;
    freed_.notify_all();
    return outcome;
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool is_held_ = false;
  std::list<bool> waiting_;  // True for the one that the lock was given to.
};

// A thread of its own, which it does not end.
class LeavesAThread final : public Mutant {
 public:
  LeavesAThread() {
    static std::vector<std::jthread> left_behind;  // Ended with the test.
    left_behind.emplace_back([](const std::stop_token& end) {
      std::mutex mutex;
      std::condition_variable_any ended;
      std::unique_lock held(mutex);
      ended.wait(held, end, [] { return false; });
    });
  }
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    return begin_and_work({}, store, operation, context);
  }
};

class CommitsRefusals final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    Committing committing(operation);
    auto outcome = begin_and_work({}, store, committing, context);
    return outcome && outcome->committed() ? committing.said : outcome;
  }

 private:
  struct Committing final : ForwardingOperation {
    using ForwardingOperation::ForwardingOperation;
    Result<Outcome> work(Transaction& transaction) override {
      said = operation_.work(transaction);
      return said ? Outcome::commit() : said;
    }
    Result<Outcome> said = Outcome::commit();
  };
};

class SaysThatRefusalsCommitted final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    auto outcome = begin_and_work({}, store, operation, context);
    return outcome ? Outcome::commit() : outcome;
  }
};

class CallsALateLockAConflict final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    const std::unique_lock lock(mutex_, context.deadline);
    if (!lock) return fail(ErrorCode::kConflict, "somebody else is at it");
    return begin_and_work(kBlind, store, operation, context);
  }

 private:
  FifoMutex mutex_;
};

class BeginsTooLate final : public Mutant {
 public:
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    const std::unique_lock lock(mutex_, context.deadline);
    return lock ? begin_and_work(kBlind, store, operation, context) : too_late();
  }

 private:
  FifoMutex mutex_;
};

}  // namespace stampede::kit
