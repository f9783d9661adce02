// No lock: the work runs against what it reads, and the commit fails when any of that has changed
// since. It is then run again after a random wait, until it commits, is refused, or runs out of
// attempts (kConflict) or time (kTimeout).
//
// Fairness is statistical only: nobody is preferred, but an unlucky operation may lose every round.
// The bound on attempts and the deadline say how long it goes on trying.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"

namespace {

constexpr auto kForms = stampede::TransactionOptions::all(stampede::WriteForm::kVersioned);

constexpr stampede::OptionSpec kOptions[] = {
    {"attempts", stampede::OptionType::kInteger, "50", "1..1000",
     "Most times the work of one operation is run"},
    {"backoff_base", stampede::OptionType::kDuration, "500us", "0us..1s",
     "Longest wait after the first conflict; doubles with each further one"},
    {"backoff_max", stampede::OptionType::kDuration, "20ms", "0us..10s",
     "Where the doubling of the longest wait stops"}};

class Optimistic final : public stampede::LockStrategy {
 public:
  explicit Optimistic(const stampede::PluginConfig& config)
      : attempts_(config.integer("attempts")),
        backoff_base_(config.duration("backoff_base")),
        backoff_max_(config.duration("backoff_max")) {}

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope&,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    auto begun = stampede::locks::begin(operation, context);
    if (!begun || !begun->committed()) return begun;
    for (std::int64_t attempt = 1;; ++attempt) {
      auto outcome = store.transact(kForms, operation, context);
      if (outcome || outcome.error().code != stampede::ErrorCode::kConflict) return outcome;
      if (attempt == attempts_) {
        return give_up(stampede::ErrorCode::kConflict, attempt, outcome.error());
      }
      back_off(attempt, context);
      if (stampede::Clock::now() >= context.deadline) {
        return give_up(stampede::ErrorCode::kTimeout, attempt, outcome.error());
      }
    }
  }

 private:
  static stampede::Unexpected give_up(stampede::ErrorCode code, std::int64_t attempts,
                                      const stampede::Error& last) {
    return stampede::fail(code, "optimistic: " + std::to_string(attempts) +
                                    " attempts conflicted; the last: " + last.message);
  }

  // "Full jitter": a wait drawn evenly from nothing to a bound that doubles, so that those who
  // collided once do not collide again (M. Brooker, "Exponential Backoff And Jitter", 2015). The
  // bound is never later than the deadline, so that the time left is used for one more attempt.
  void back_off(std::int64_t failed, stampede::Context& context) {
    const stampede::PhaseTimer waiting(context.phases, stampede::Phase::kBackoff);
    const auto left = context.deadline - stampede::Clock::now();
    auto bound = backoff_base_;
    for (std::int64_t i = 1; i < failed && bound < backoff_max_; ++i) bound *= 2;
    bound = std::min<std::chrono::nanoseconds>({bound, backoff_max_, left});
    if (bound.count() <= 0) return;
    std::this_thread::sleep_for(std::chrono::nanoseconds(
        static_cast<std::int64_t>(random() * static_cast<double>(bound.count()))));
  }

  // In [0, 1). SplitMix64 (Steele, Lea and Flood, 2014): one atomic addition serves all threads.
  double random() {
    auto bits = random_state_.fetch_add(0x9E3779B97F4A7C15ULL, std::memory_order_relaxed);
    bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBULL;
    bits ^= bits >> 31U;
    return static_cast<double>(bits >> 11U) * 0x1.0p-53;
  }

  const std::int64_t attempts_;
  const std::chrono::nanoseconds backoff_base_;
  const std::chrono::nanoseconds backoff_max_;
  std::atomic<std::uint64_t> random_state_{std::random_device{}()};
};

}  // namespace

STAMPEDE_PLUGIN(Optimistic, stampede::LockStrategy, "optimistic",
                "No lock: runs again when what it read was changed", kOptions)
