// A lock for each user: operations of one user run one at a time, first come, first served, and
// those of different users side by side.
//
// What users share, stock and coupons, is outside the lock's scope and written conditionally.

#include <array>
#include <cstddef>
#include <string>

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/keyed_locks.hpp"

namespace {

constexpr stampede::TransactionOptions kForms{.user = stampede::WriteForm::kReadThenWrite,
                                              .product = stampede::WriteForm::kAtomic,
                                              .coupon = stampede::WriteForm::kAtomic};

class PerUser final : public stampede::LockStrategy {
 public:
  explicit PerUser(const stampede::PluginConfig&) {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope& scope,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    Holds holds;
    if (auto taken = take(holds, scope, context); !taken) {
      return stampede::Unexpected(taken.error());
    }
    const stampede::locks::HoldTimer hold(context.phases);
    return stampede::locks::run_once(store, kForms, operation, context);
  }

 private:
  using Holds = std::array<stampede::locks::KeyedLocks::Hold, stampede::Scope::kMost>;

  // Takes the lock of every user in the scope, in the scope's order, which rules out deadlocks. On
  // failure the caller's `holds` lets go of those already taken.
  stampede::Result<void> take(Holds& holds, const stampede::Scope& scope,
                              stampede::Context& context) {
    const stampede::PhaseTimer waiting(context.phases, stampede::Phase::kLock);
    const auto started = stampede::Clock::now();
    std::size_t taken = 0;
    for (const auto& resource : scope.resources()) {
      if (resource.kind != stampede::Resource::Kind::kUser) continue;
      holds[taken] = users_.take_until(resource.id, context.deadline);
      if (!holds[taken]) {
        return stampede::locks::lock_timeout("the lock of user " + std::to_string(resource.id),
                                             started);
      }
      ++taken;
    }
    return {};
  }

  stampede::locks::KeyedLocks users_;
};

}  // namespace

STAMPEDE_PLUGIN(PerUser, stampede::LockStrategy, "per_user", "One lock for each user",
                stampede::plugin::kNoOptions)
