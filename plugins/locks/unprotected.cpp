// Runs the work once, with no protection at all: every write is what was read minus the amount.
// The baseline that loses updates, so that an experiment can show what protection is worth.

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"

namespace {

constexpr auto kForms = stampede::TransactionOptions::all(stampede::WriteForm::kReadThenWrite);

class Unprotected final : public stampede::LockStrategy {
 public:
  explicit Unprotected(const stampede::PluginConfig&) {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope&,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    return stampede::locks::run_once(store, kForms, operation, context);
  }
};

}  // namespace

STAMPEDE_PLUGIN(Unprotected, stampede::LockStrategy, "unprotected",
                "No protection: the baseline that oversells", stampede::plugin::kNoOptions)
