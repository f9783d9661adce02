// One figure of one measured block, by the name of its metric. Pure.

#pragma once

#include <string>
#include <vector>

#include "experiments/report/result.hpp"

namespace stampede::report {

struct Figure {
  double value = 0;
  bool censored = false;  // Open requests could change it.
};

// Metrics: tps, rps, p50, p90, p95, p99, p99.9, mean (nanoseconds), error_rate, refusal_rate,
// cpu_per_order (seconds). Any other is 0.
Figure figure(const Block& block, const std::string& metric);

// The candidate's figures divided by the baseline's, over the blocks in which both were measured.
stats::Comparison compare_cells(const Cell& baseline, const Cell& candidate,
                                const std::string& metric, const stats::Rules& rules);

}  // namespace stampede::report
