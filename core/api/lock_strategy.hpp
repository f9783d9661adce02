// A LockStrategy runs an Operation so that concurrent executions over the same scope keep the
// sale's invariants. Pessimistic strategies lock and run the work once; optimistic ones run it
// again after each conflict; atomic ones leave it to the store's conditional writes.
//
// execute() owns everything from the lock to the commit. A lock is therefore held until the commit
// is durable, which a lock()/unlock() pair cannot promise.
//
// Implementations are safe for concurrent use and outlive every execute().

#pragma once

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"

namespace stampede {

class LockStrategy {
 public:
  virtual ~LockStrategy() = default;

  // False when the store cannot do what this strategy asks of it: the cell is "not applicable",
  // and is refused before any load.
  virtual bool runs_on(const Store& store) const = 0;

  // Calls operation.guarded() once, then operation.work() through the store; a refusal by either
  // ends it. Never waits beyond context.deadline: kLockTimeout when it was a lock that it waited
  // for, else kTimeout. kConflict when the attempts it allows itself were used up. Nothing was
  // changed then, except what guarded() did. Adds to the phases lock and backoff, and to
  // Phases::lock_hold.
  virtual Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                                  Context& context) = 0;
};

}  // namespace stampede
