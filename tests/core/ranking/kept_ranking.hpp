// A ranking in memory that keeps sums without days, remembers what it was given, and can be told
// to forget, to fail, or to let somebody else go first. Safe for concurrent use.

#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/api/ranking.hpp"

namespace stampede::ranking::testing {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;  // Products and units sold.

class KeptRanking final : public Ranking {
 public:
  Result<RankingPosition> position(Deadline) override {
    const std::lock_guard lock(mutex_);
    if (fault_) return Unexpected(*fault_);
    return position_;
  }
  Result<void> add(const RankingStep& step, Deadline) override {
    if (const auto hook = taken_hook()) hook();
    const std::lock_guard lock(mutex_);
    completes_.push_back(step.complete);
    if (step.from != position_.at) return fail(ErrorCode::kConflict, "stands elsewhere");
    for (const auto& sale : step.sales) sums_[sale.product] += sale.quantity;
    position_ = {.at = step.to, .complete = position_.complete || step.complete};
    return {};
  }
  Result<std::optional<std::vector<RankedProduct>>> best(TimePoint, std::int64_t,
                                                         Deadline) override {
    const std::lock_guard lock(mutex_);
    if (fault_) return Unexpected(*fault_);
    if (!position_.complete) return std::optional<std::vector<RankedProduct>>();
    std::vector<RankedProduct> all;
    for (const auto& [product, sold] : sums_) all.push_back({product, sold});
    return std::optional(std::move(all));
  }

  void forget() {
    const std::lock_guard lock(mutex_);
    sums_.clear();
    position_ = {};
  }
  void fail_with(std::optional<Error> fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
  }
  // Called once, before the next step is looked at; it may use the ranking.
  void before_add(std::function<void()> hook) {
    const std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
  }
  // For each step that was asked for, also in vain: whether it was said to be the last one.
  std::vector<bool> completes() {
    const std::lock_guard lock(mutex_);
    return completes_;
  }

 private:
  std::function<void()> taken_hook() {
    const std::lock_guard lock(mutex_);
    return std::exchange(hook_, nullptr);
  }

  std::mutex mutex_;
  std::optional<Error> fault_;
  std::function<void()> hook_;
  std::vector<bool> completes_;
  RankingPosition position_;
  std::map<ProductId, std::int64_t> sums_;
};

}  // namespace stampede::ranking::testing
