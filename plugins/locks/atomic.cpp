// Runs the work once, without any lock: each write carries its own condition ("only while there is
// enough"), which the store checks at the moment of the write. Nothing waits and nothing is
// retried.

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"

namespace {

constexpr auto kForms = stampede::TransactionOptions::all(stampede::WriteForm::kAtomic);

class Atomic final : public stampede::LockStrategy {
 public:
  explicit Atomic(const stampede::PluginConfig&) {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope&,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    return stampede::locks::run_once(store, kForms, operation, context);
  }
};

}  // namespace

STAMPEDE_PLUGIN(Atomic, stampede::LockStrategy, "atomic",
                "No lock: conditional writes in the store", stampede::plugin::kNoOptions)
