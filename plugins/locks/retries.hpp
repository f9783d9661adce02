// Running the work again after a conflict, after a random wait, until it commits, is refused, or
// runs out of attempts (kConflict) or time (kTimeout).
// Safe for concurrent use.

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "core/api/lock_strategy.hpp"
#include "core/api/plugin_config.hpp"

namespace stampede::locks {

// The options it reads. A strategy declares them, and `attempts` with a default of its own.
inline constexpr OptionSpec kBackoffBaseOption{
    "backoff_base", OptionType::kDuration, "500us", "0us..1s",
    "Longest wait after the first conflict; doubles with each further one"};
inline constexpr OptionSpec kBackoffMaxOption{"backoff_max", OptionType::kDuration, "20ms",
                                              "0us..10s",
                                              "Where the doubling of the longest wait stops"};

class Retries {
 public:
  // `strategy` is named in messages.
  Retries(std::string strategy, const PluginConfig& config)
      : strategy_(std::move(strategy)),
        attempts_(config.integer("attempts")),
        backoff_base_(config.duration("backoff_base")),
        backoff_max_(config.duration("backoff_max")) {}

  // As Store::transact, with as many attempts as are allowed and needed.
  Result<Outcome> transact(Store& store, const TransactionOptions& forms, Operation& operation,
                           Context& context) {
    for (std::int64_t attempt = 1;; ++attempt) {
      auto outcome = store.transact(forms, operation, context);
      if (outcome || outcome.error().code != ErrorCode::kConflict) return outcome;
      if (attempt == attempts_) return give_up(ErrorCode::kConflict, attempt, outcome.error());
      back_off(attempt, context);
      if (Clock::now() >= context.deadline) {
        return give_up(ErrorCode::kTimeout, attempt, outcome.error());
      }
    }
  }

 private:
  Unexpected give_up(ErrorCode code, std::int64_t attempts, const Error& last) const {
    return fail(code, strategy_ + ": " + std::to_string(attempts) +
                          " attempts conflicted; the last: " + last.message);
  }

  // "Full jitter": a wait drawn evenly from nothing to a bound that doubles, so that those who
  // collided once do not collide again (M. Brooker, "Exponential Backoff And Jitter", 2015). The
  // bound is never later than the deadline, so that the time left is used for one more attempt.
  void back_off(std::int64_t failed, Context& context) {
    const PhaseTimer waiting(context.phases, Phase::kBackoff);
    const auto left = context.deadline - Clock::now();
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

  const std::string strategy_;
  const std::int64_t attempts_;
  const std::chrono::nanoseconds backoff_base_;
  const std::chrono::nanoseconds backoff_max_;
  std::atomic<std::uint64_t> random_state_{std::random_device{}()};
};

}  // namespace stampede::locks
