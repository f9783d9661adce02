// The locks of this process for what operations touch: a fair lock for each user, each product and
// each coupon. A lock exists only while somebody holds or awaits it (keyed_locks.hpp).
// Safe for concurrent use; outlives every Holds.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

#include "plugins/locks/execution.hpp"
#include "plugins/locks/keyed_locks.hpp"

namespace stampede::locks {

class ScopeLocks {
 public:
  // The locks that one operation holds. Released when destroyed.
  using Holds = std::array<KeyedLocks::Hold, Scope::kMost>;

  // Takes the lock of everything in the scope that is of one of these kinds, in the scope's order,
  // which rules out deadlocks; each line is first come, first served. kLockTimeout when one was not
  // free before the deadline: the caller's `holds` lets go of those already taken.
  Result<void> take(Holds& holds, const Scope& scope, std::initializer_list<Resource::Kind> kinds,
                    Context& context) {
    const PhaseTimer waiting(context.phases, Phase::kLock);
    const auto started = Clock::now();
    std::size_t taken = 0;
    for (const auto& resource : scope.resources()) {
      if (std::ranges::find(kinds, resource.kind) == kinds.end()) continue;
      auto& locks = by_kind_[static_cast<std::size_t>(resource.kind)];
      holds[taken] = locks.take_until(resource.id, context.deadline);
      if (!holds[taken]) return lock_timeout("the lock of " + name_of(resource), started);
      ++taken;
    }
    return {};
  }

 private:
  std::array<KeyedLocks, 3> by_kind_;  // By Resource::Kind.
};

}  // namespace stampede::locks
