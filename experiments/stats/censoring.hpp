// Requests that were still open when the measured window ended have a latency that nobody knows;
// all that is certain is that they are slow. Leaving them out would flatter a cell that gets stuck.
// A quantile is therefore read twice, without them and with each of them counted as infinitely
// slow. When the two readings differ by more than kCensoringTolerance, the open requests matter and
// the figure says "cannot tell".
//
// Pure functions: safe to call from any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/api/histogram.hpp"

namespace stampede::stats {

// Five percent: well above the histogram's own error of 0.4 %, below what a table's reader would
// call a change.
inline constexpr double kCensoringTolerance = 0.05;

struct CensoredQuantile {
  std::chrono::nanoseconds observed{0};                 // Of the finished requests alone.
  std::optional<std::chrono::nanoseconds> pessimistic;  // Nothing: it lies among the open requests.
  bool matters = false;
};

// `q` is a share, 0..1.
CensoredQuantile censored_quantile(const Histogram& finished, std::uint64_t open, double q);

}  // namespace stampede::stats
