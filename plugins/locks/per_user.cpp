// A lock for each user: operations of one user run one at a time, first come, first served, and
// those of different users side by side.
//
// What users share, stock and coupons, is outside the lock's scope and written conditionally;
// `stock` says otherwise for stock.

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/scope_locks.hpp"
#include "plugins/locks/stock_form.hpp"

namespace {

constexpr stampede::OptionSpec kOptions[] = {stampede::locks::kStockOption};

class PerUser final : public stampede::LockStrategy {
 public:
  explicit PerUser(const stampede::PluginConfig& config)
      : forms_{.user = stampede::WriteForm::kReadThenWrite,
               .product = stampede::locks::stock_form(config),
               .coupon = stampede::WriteForm::kAtomic} {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(forms_); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope& scope,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    stampede::locks::ScopeLocks::Holds holds;
    auto taken = locks_.take(holds, scope, {stampede::Resource::Kind::kUser}, context);
    if (!taken) return stampede::Unexpected(taken.error());
    const stampede::locks::HoldTimer hold(context.phases);
    return stampede::locks::run_once(store, stampede::locks::forms_for(scope, forms_), operation,
                                     context);
  }

 private:
  const stampede::TransactionOptions forms_;
  stampede::locks::ScopeLocks locks_;
};

}  // namespace

STAMPEDE_PLUGIN(PerUser, stampede::LockStrategy, "per_user", "One lock for each user", kOptions)
