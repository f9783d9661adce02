// Objectives that a cell must meet, written as k6 writes them:
//
//   p(95) < 5s        p(99.9) <= 300ms   avg < 1s    med, min, max
//   rate(error) < 0.01    rate(refusal)   rate(success) > 0.97    rate(timeout)
//   count(error) == 0
//   tps > 100   goodput per second          rps > 100   all answers per second
//
// Latencies always have a unit. `error` counts timeouts and broken connections too. A threshold
// over zero samples fails: an objective that nothing was measured for is not met.
//
// Pure functions over plain data: safe to call from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/api/histogram.hpp"
#include "core/api/result.hpp"

namespace stampede::plan {

struct Threshold {
  enum class Metric { kQuantile, kMean, kMin, kMax, kRate, kCount, kTps, kRps };
  enum class Outcome { kSuccess, kRefusal, kError, kTimeout };
  enum class Operator { kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kEqual, kNotEqual };

  std::string text;  // As written.
  Metric metric = Metric::kQuantile;
  double quantile = 0;                // 0..1; of kQuantile.
  Outcome outcome = Outcome::kError;  // Of kRate and kCount.
  Operator compare = Operator::kLess;
  double limit = 0;  // Nanoseconds for latencies, else a plain number.
};

// kInvalid: the column and what was expected there.
Result<Threshold> parse_threshold(std::string_view text);

// What one cell measured over all its blocks.
struct Measured {
  Histogram latency;       // Of every answer, refusals included.
  std::uint64_t open = 0;  // Requests still unanswered at the end.
  std::uint64_t success = 0;
  std::uint64_t refusal = 0;
  std::uint64_t error = 0;    // Without timeouts.
  std::uint64_t timeout = 0;  // Timeouts and broken connections.
  double good = 0;            // Completed orders, issued coupons and charges: what tps counts.
  double seconds = 0;         // Of all measured windows together.
};

struct ThresholdResult {
  std::string text;
  bool met = false;
  std::string actual;  // "p(95) is 6.2s", "nothing was measured".
};

ThresholdResult evaluate(const Threshold& threshold, const Measured& measured);

}  // namespace stampede::plan
