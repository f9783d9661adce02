// No lock: the work runs against what it reads, and the commit fails when any of that has changed
// since. It is then run again after a random wait, until it commits, is refused, or runs out of
// attempts (kConflict) or time (kTimeout).
//
// Fairness is statistical only: nobody is preferred, but an unlucky operation may lose every round.
// The bound on attempts and the deadline say how long it goes on trying.

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/retries.hpp"

namespace {

constexpr auto kForms = stampede::TransactionOptions::all(stampede::WriteForm::kVersioned);

constexpr stampede::OptionSpec kOptions[] = {
    {"attempts", stampede::OptionType::kInteger, "50", "1..1000",
     "Most times the work of one operation is run"},
    stampede::locks::kBackoffBaseOption,
    stampede::locks::kBackoffMaxOption};

class Optimistic final : public stampede::LockStrategy {
 public:
  explicit Optimistic(const stampede::PluginConfig& config) : retries_("optimistic", config) {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope&,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    auto begun = stampede::locks::begin(operation, context);
    if (!begun || !begun->committed()) return begun;
    return retries_.transact(store, kForms, operation, context);
  }

 private:
  stampede::locks::Retries retries_;
};

}  // namespace

STAMPEDE_PLUGIN(Optimistic, stampede::LockStrategy, "optimistic",
                "No lock: runs again when what it read was changed", kOptions)
