// A ranking in memory that can be broken, in one way at a time. Instances share what they know.

#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/api/ranking.hpp"

namespace stampede::kit {

enum class RankingFault : std::uint8_t {
  kNone,
  kSpeaksEarly,          // Answers before it was complete.
  kForgetsCompleteness,  // A later step that is not complete makes it speechless again.
  kLastIdFirst,          // Among equal ones.
  kForgetsTheLimit,
  kCountsFromTheMoment,  // Not from the beginning of the day.
  kEndsWithToday,        // What was sold by a clock that is ahead is never counted.
  kForgetsTheYear,       // What is older than half of one.
  kKeepsTheLastStep,     // Only.
  kTakesAnyStep,         // From wherever.
  kCountsConflicts,      // The step is a conflict, and its sales are counted all the same.
  kSharesThePlaceOnly,   // Instances have sums of their own.
  kLooksBeforeItTakes,   // Where it stands may change in between.
  kTakesInPieces,        // Who asks in between sees a part.
};

// What instances share.
struct RankingHall {
  std::mutex mutex;  // Guards the rest.
  std::condition_variable changed;
  std::optional<std::int64_t> at;
  bool complete = false;
  std::vector<Sale> sales;
  int between = 0;  // Callers within a step that is done in pieces.
};

class BreakableRanking final : public Ranking {
 public:
  BreakableRanking(std::shared_ptr<RankingHall> hall, RankingFault fault)
      : hall_(std::move(hall)), fault_(fault) {}

  Result<RankingPosition> position(Deadline) override {
    const std::lock_guard lock(hall_->mutex);
    return RankingPosition{.at = hall_->at, .complete = hall_->complete};
  }

  Result<void> add(const RankingStep& step, Deadline) override {
    std::unique_lock lock(hall_->mutex);
    if (step.from != hall_->at && !is(RankingFault::kTakesAnyStep)) {
      if (is(RankingFault::kCountsConflicts)) count(step.sales);
      return fail(ErrorCode::kConflict, "it stands elsewhere");
    }
    if (is(RankingFault::kLooksBeforeItTakes)) let_others_in(lock);
    if (is(RankingFault::kKeepsTheLastStep)) hall_->sales.clear();
    const auto half = is(RankingFault::kTakesInPieces) ? step.sales.size() / 2 : 0;
    count(step.sales.first(half));
    if (half > 0) let_others_in(lock);
    count(step.sales.subspan(half));
    hall_->at = step.to;
    const bool was_complete = hall_->complete && !is(RankingFault::kForgetsCompleteness);
    hall_->complete = was_complete || step.complete;
    return {};
  }

  Result<std::optional<std::vector<RankedProduct>>> best(TimePoint since, std::int64_t limit,
                                                         Deadline) override {
    const std::lock_guard lock(hall_->mutex);
    ++hall_->between;
    hall_->changed.notify_all();
    if (!hall_->complete && !is(RankingFault::kSpeaksEarly)) {
      return std::optional<std::vector<RankedProduct>>();
    }
    if (!is(RankingFault::kCountsFromTheMoment))
      since = std::chrono::floor<std::chrono::days>(since);
    std::map<ProductId, std::int64_t> sums;
    const auto& all = is(RankingFault::kSharesThePlaceOnly) ? own_ : hall_->sales;
    for (const auto& sale : all) {
      if (sale.at >= since && counts(sale.at)) sums[sale.product] += sale.quantity;
    }
    std::vector<RankedProduct> ranked;
    for (const auto& [product, sold] : sums) ranked.push_back({product, sold});
    if (is(RankingFault::kLastIdFirst)) std::ranges::reverse(ranked);
    std::ranges::stable_sort(ranked, std::ranges::greater(), &RankedProduct::sold);
    const bool is_cut = std::ssize(ranked) > limit && !is(RankingFault::kForgetsTheLimit);
    if (is_cut) ranked.resize(static_cast<std::size_t>(limit));
    return std::optional(std::move(ranked));
  }

 private:
  bool is(RankingFault fault) const { return fault_ == fault; }

  bool counts(TimePoint at) const {
    using std::chrono::days;
    const auto today = std::chrono::floor<days>(std::chrono::system_clock::now());
    if (is(RankingFault::kEndsWithToday)) return at < today + days(1);
    if (is(RankingFault::kForgetsTheYear)) return at > today - days(183);
    return true;
  }

  // The mutex is held.
  void count(std::span<const Sale> sales) {
    hall_->sales.insert(hall_->sales.end(), sales.begin(), sales.end());
    own_.insert(own_.end(), sales.begin(), sales.end());
  }

  // Until somebody else has come, so that the race happens, or nobody does.
  void let_others_in(std::unique_lock<std::mutex>& lock) {
    const auto before = ++hall_->between;
    hall_->changed.notify_all();
    hall_->changed.wait_for(lock, std::chrono::milliseconds(100),
                            [&] { return hall_->between > before; });
  }

  const std::shared_ptr<RankingHall> hall_;
  const RankingFault fault_;
  std::vector<Sale> own_;
};

}  // namespace stampede::kit
