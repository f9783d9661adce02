// The memory store: everything in this process, no I/O, correct under every strategy that runs on
// it. Work reads row by row, without a snapshot; the conditions of its writes are checked in the
// critical section that applies them. What it holds ends with the process.

#include <chrono>
#include <exception>
#include <string>
#include <thread>

#include "core/plugin/export.hpp"
#include "plugins/stores/memory/state.hpp"
#include "plugins/stores/memory/view.hpp"

namespace stampede::stores::memory {
namespace {

class MemoryStore final : public Store, public FenceStore {
 public:
  explicit MemoryStore(const PluginConfig& config)
      : commit_latency_(config.duration("commit_latency")) {}

  Sharing sharing() const override { return Sharing::kProcess; }

  bool supports(const TransactionOptions& options) const override {
    return options.user != WriteForm::kLockedRead && options.product != WriteForm::kLockedRead &&
           options.coupon != WriteForm::kLockedRead && options.named_locks == nullptr;
  }

  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    if (!supports(options)) {
      return fail(ErrorCode::kInvalid, "the memory store has no locked reads and no named locks");
    }
    ++context.phases.attempts;
    Rows rows(state_);
    Recorder recorder(rows, options);
    try {
      auto outcome = work(operation, recorder, context);
      if (!outcome || !outcome->committed()) return outcome;
      const PhaseTimer timer(context.phases, Phase::kCommit);
      if (commit_latency_.count() > 0) std::this_thread::sleep_for(commit_latency_);
      return state_.commit(recorder.take_commands(), context.fences);
    } catch (const std::exception& error) {  // The plugin's edge: nothing was applied.
      return fail(ErrorCode::kInternal, std::string("memory store: ") + error.what());
    }
  }

  Result<std::unique_ptr<ReadView>> read_view(Deadline) override { return make_view(state_); }

  Result<void> seed(const Seed& seed) override { return state_.seed(seed); }

  Result<void> ping(Deadline) override { return {}; }

  FenceStore* fences() override { return this; }

  Result<std::vector<Fence>> issue(std::span<const Resource> resources, Context&) override {
    return state_.issue(resources);
  }

  StoreStats stats() const override {
    StoreStats stats;
    for (const auto name : kCountedNames) stats.queries.push_back({.name = std::string(name)});
    for (std::size_t i = 0; i < kStripes; ++i) {
      const std::lock_guard guard(state_.stripe(i).mutex);
      for (std::size_t k = 0; k < kCountedNames.size(); ++k) {
        stats.queries[k].count += state_.stripe(i).counted[k];
      }
    }
    return stats;
  }

 private:
  // A "no" may rest on rows that this very request, sent twice, changed between two reads: the
  // other one's key is there then, and that is the answer to give.
  Result<Outcome> work(Operation& operation, Recorder& recorder, Context& context) {
    const PhaseTimer timer(context.phases, Phase::kStore);
    auto outcome = operation.work(recorder);
    if (!outcome || outcome->committed()) return outcome;
    Rows rows(state_);
    const auto& key = recorder.absent_request();
    const auto& charge = recorder.absent_charge();
    if ((!key.empty() && rows.request(key)->has_value()) ||
        (!charge.empty() && rows.charge(charge)->has_value())) {
      return Outcome::refuse(RefusalCode::kRequestInProgress);
    }
    return outcome;
  }

  const std::chrono::nanoseconds commit_latency_;
  mutable State state_;
};

constexpr OptionSpec kOptions[] = {
    {"commit_latency", OptionType::kDuration, "0ms", "0ms..1m",
     "How long each commit takes on purpose: stands in for a slow database"}};

}  // namespace
}  // namespace stampede::stores::memory

STAMPEDE_PLUGIN(stampede::stores::memory::MemoryStore, stampede::Store, "memory",
                "Everything in this process, in striped maps; nothing outlives it",
                stampede::stores::memory::kOptions)
