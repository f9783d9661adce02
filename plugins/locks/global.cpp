// One lock for everything: one operation at a time in this process, first come, first served.
//
// Only what belongs to users relies on the lock. Stock and coupons are written conditionally, just
// as under `per_user`, so that a comparison of the two changes one thing: how wide the lock is;
// `stock` says otherwise for stock.

#include <mutex>

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/fifo_mutex.hpp"
#include "plugins/locks/stock_form.hpp"

namespace {

constexpr stampede::OptionSpec kOptions[] = {stampede::locks::kStockOption};

class Global final : public stampede::LockStrategy {
 public:
  explicit Global(const stampede::PluginConfig& config)
      : forms_{.user = stampede::WriteForm::kReadThenWrite,
               .product = stampede::locks::stock_form(config),
               .coupon = stampede::WriteForm::kAtomic} {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(forms_); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope& scope,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    std::unique_lock lock(mutex_, std::defer_lock);
    const auto started = stampede::Clock::now();
    const bool taken = lock.try_lock_until(context.deadline);
    context.phases.add(stampede::Phase::kLock, stampede::Clock::now() - started);
    if (!taken) return stampede::locks::lock_timeout("the global lock", started);

    const stampede::locks::HoldTimer hold(context.phases);
    return stampede::locks::run_once(store, stampede::locks::forms_for(scope, forms_), operation,
                                     context);
  }

 private:
  const stampede::TransactionOptions forms_;
  stampede::locks::FifoMutex mutex_;
};

}  // namespace

STAMPEDE_PLUGIN(Global, stampede::LockStrategy, "global", "One lock for all operations", kOptions)
