// The steps that strategies share. Stateless, safe for concurrent use.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/api/lock_strategy.hpp"

namespace stampede::locks {

// The part of an operation before its work: guarded(), unless the deadline has passed. Nobody waits
// for such a request any more, and guarded() may cost money. The work follows only a commit.
inline Result<Outcome> begin(Operation& operation, Context& context) {
  if (Clock::now() >= context.deadline) {
    return fail(ErrorCode::kTimeout, "the deadline passed before the operation was begun");
  }
  return operation.guarded(context);
}

// The whole operation, once: guarded() and the work in one transaction. The caller holds what
// protects them.
inline Result<Outcome> run_once(Store& store, const TransactionOptions& forms, Operation& operation,
                                Context& context) {
  auto begun = begin(operation, context);
  if (!begun || !begun->committed()) return begun;
  return store.transact(forms, operation, context);
}

// Adds the time from its construction, right after a lock was taken, to its destruction, right
// before it is released.
class HoldTimer {
 public:
  explicit HoldTimer(Phases& phases) : phases_(phases) {}
  ~HoldTimer() { phases_.lock_hold += Clock::now() - taken_; }
  HoldTimer(const HoldTimer&) = delete;
  HoldTimer& operator=(const HoldTimer&) = delete;

 private:
  Phases& phases_;
  const Clock::time_point taken_ = Clock::now();
};

// For messages: "product 7".
inline std::string name_of(const Resource& resource) {
  constexpr std::string_view kKinds[] = {"user ", "product ", "coupon "};
  std::string name(kKinds[static_cast<std::size_t>(resource.kind)]);
  return name += std::to_string(resource.id);
}

// The answer of a request that began to wait for `lock` at `started` and did not get it in time.
inline Unexpected lock_timeout(std::string_view lock, Clock::time_point started) {
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count();
  return fail(ErrorCode::kLockTimeout, std::string(lock) +
                                           " was not free before the deadline; waited " +
                                           std::to_string(waited) + " ms");
}

}  // namespace stampede::locks
