// Row locks: everything that is read in order to be written is locked by the read and stays locked
// until the commit (SELECT ... FOR UPDATE). Correct for any number of server instances, because the
// locks live in the store; for stores that have row locks only.
//
// Operations read in one global order (users, then products by id, then coupons), so that none
// waits for another in a circle. The lock timeout is the request's deadline. Should the store break
// off a transaction all the same (a deadlock with somebody else's locks, a serialization failure
// under a stricter isolation), its work is run again, a bounded number of times.
//
// guarded() runs before the locks are taken: they exist only inside the transaction. A payment
// under row locks is one made in the transaction.
//
// Fairness is the store's. PostgreSQL queues those who wait for a row roughly in order of arrival;
// who comes in the moment of a hand-over may overtake them.

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/retries.hpp"
#include "plugins/locks/stock_form.hpp"

namespace {

constexpr auto kForms = stampede::TransactionOptions::all(stampede::WriteForm::kLockedRead);

constexpr stampede::OptionSpec kOptions[] = {
    {"attempts", stampede::OptionType::kInteger, "10", "1..1000",
     "Most times the work of one operation is run; again only when the store broke it off"},
    stampede::locks::kBackoffBaseOption,
    stampede::locks::kBackoffMaxOption};

class Pessimistic final : public stampede::LockStrategy {
 public:
  explicit Pessimistic(const stampede::PluginConfig& config) : retries_("pessimistic", config) {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope& scope,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    auto begun = stampede::locks::begin(operation, context);
    if (!begun || !begun->committed()) return begun;
    return retries_.transact(store, stampede::locks::forms_for(scope, kForms), operation, context);
  }

 private:
  stampede::locks::Retries retries_;
};

}  // namespace

STAMPEDE_PLUGIN(Pessimistic, stampede::LockStrategy, "pessimistic",
                "Row locks: reads lock what will be written", kOptions)
