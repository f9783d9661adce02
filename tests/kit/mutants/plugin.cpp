// A mutant as a plugin, called MUTANT_NAME: without any protection, or, with MUTANT_CRASHES, one
// that takes the process with it.

#include <cstdlib>

#include "core/plugin/export.hpp"

namespace {

class Broken final : public stampede::LockStrategy {
 public:
  explicit Broken(const stampede::PluginConfig&) {}

  bool runs_on(const stampede::Store&) const override { return true; }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope&,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    constexpr auto kBlind = stampede::TransactionOptions::all(stampede::WriteForm::kReadThenWrite);
    auto begun = operation.guarded(context);
    if (!begun || !begun->committed()) return begun;
    if (MUTANT_CRASHES) std::abort();
    return store.transact(kBlind, operation, context);
  }
};

}  // namespace

STAMPEDE_PLUGIN(Broken, stampede::LockStrategy, MUTANT_NAME, "Broken on purpose",
                stampede::plugin::kNoOptions)
