// Making an experiment longer or shorter without making it another experiment.
//
// `--scale F` multiplies how long the load lasts: load.warmup, load.duration, the durations of
// load.stages, and load.iterations of the executors that count instead of timing; load.maxDuration,
// which only bounds those, grows and never shrinks. Rates, virtual users, think times and data
// stay: they decide what is contended, and a scaled run is to answer the same question. A profile
// of 37 minutes at --scale 0.01 takes 22 seconds at full rate. (The key load.scale of the file can
// scale users and rates too.)
//
// Pure functions: safe to call from any thread.

#pragma once

#include <chrono>
#include <optional>

#include "core/config/tree.hpp"

namespace stampede::plan {

// A duration never becomes 0 by scaling, and iterations stay at least 1. What is no duration is
// left as it is, for the load's own check to report.
void scale_load(config::Tree& load, double factor);

// Warm-up and window of a load block: warmup + (duration, or the sum of the stages). Nothing when
// it names neither, which is how executors that count iterations look.
std::optional<std::chrono::nanoseconds> load_time(const config::Tree& load);

}  // namespace stampede::plan
