// What `--dry-run` prints: the cells and what sets them apart, the order of the runs, and how long
// it all takes.
//
// Pure functions: safe to call from any thread.

#pragma once

#include <chrono>
#include <string>

#include "experiments/plan/experiment.hpp"

namespace stampede::plan {

// What a run costs beside its load: starting the server, seeding, draining, auditing. A round
// figure for estimates.
inline constexpr std::chrono::seconds kRunOverhead{3};

struct Estimate {
  std::chrono::nanoseconds total{0};
  bool complete = true;  // False when the load of some cell does not say how long it takes.
};
Estimate estimate(const Experiment& experiment);

// Ends with a newline. Lists at most 10 blocks of the order.
std::string describe_plan(const Experiment& experiment);

}  // namespace stampede::plan
