// A Ranking keeps how many units of each product were sold on each day (UTC), so that the best
// sellers need not be counted anew for every question. The store stays what is true: a ranking is
// filled from what the store tells of completed orders, in order, and knows how far it has come.
//
// Safe for concurrent use.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/ids.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede {

// What one order took of one product.
struct Sale {
  ProductId product{};
  std::int64_t quantity = 0;
  TimePoint at;
};

struct RankedProduct {
  ProductId product{};
  std::int64_t sold = 0;
};

// How far a ranking has come.
struct RankingPosition {
  std::optional<std::int64_t> at;  // Nothing when it is empty: never filled, or its memory is gone.
  bool complete = false;           // It was complete once since it was empty.
};

// Sales in one step, and how far one has come with them.
struct RankingStep {
  std::optional<std::int64_t> from;  // Where the ranking stands; nothing when it is empty.
  std::int64_t to = 0;
  std::span<const Sale> sales;  // Between the two.
  bool complete = false;        // There was nothing further when they were read.
};

class Ranking {
 public:
  virtual ~Ranking() = default;  // No call may be running.

  virtual Result<RankingPosition> position(Deadline deadline) = 0;

  // All of the step or nothing. kConflict when the ranking stands elsewhere by then; after kInDoubt
  // its position says whether it was done.
  virtual Result<void> add(const RankingStep& step, Deadline deadline) = 0;

  // By units sold since the beginning of that day, best first, equal ones by id. Nothing until it
  // was complete once.
  virtual Result<std::optional<std::vector<RankedProduct>>> best(TimePoint since,
                                                                 std::int64_t limit,
                                                                 Deadline deadline) = 0;
};

}  // namespace stampede
