// A lock for each scarce thing, a product or a coupon: operations that want the same one run one at
// a time, first come, first served, in this process. An order over several products takes their
// locks in one global order, so that none waits for another in a circle.
//
// Stock and coupon counts rely on the lock: they are what was read, minus the amount. With several
// server instances on one store the lock of each knows nothing of the others', and they oversell.
// What belongs to a user is outside the lock and written conditionally.

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/scope_locks.hpp"

namespace {

constexpr stampede::TransactionOptions kForms{.user = stampede::WriteForm::kAtomic,
                                              .product = stampede::WriteForm::kReadThenWrite,
                                              .coupon = stampede::WriteForm::kReadThenWrite};

class PerProduct final : public stampede::LockStrategy {
 public:
  explicit PerProduct(const stampede::PluginConfig&) {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope& scope,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    using Kind = stampede::Resource::Kind;
    stampede::locks::ScopeLocks::Holds holds;
    auto taken = locks_.take(holds, scope, {Kind::kProduct, Kind::kCoupon}, context);
    if (!taken) return stampede::Unexpected(taken.error());
    const stampede::locks::HoldTimer hold(context.phases);
    return stampede::locks::run_once(store, kForms, operation, context);
  }

 private:
  stampede::locks::ScopeLocks locks_;
};

}  // namespace

STAMPEDE_PLUGIN(PerProduct, stampede::LockStrategy, "per_product",
                "One lock for each product and each coupon", stampede::plugin::kNoOptions)
