// An experiment of two cells and a run of it with made-up figures, for the tests of this folder.

#pragma once

#include <string>

#include "experiments/plan/experiment.hpp"
#include "experiments/report/result.hpp"

namespace stampede::report {

plan::Experiment sample_experiment(const std::string& more_yaml = "");

// A block in which every figure is set. Latencies lie around `median_ms`.
Block sample_block(std::size_t number, double tps, int median_ms);

// Six blocks: global at about 45 TPS, per_user at about 800; evaluated.
RunResult sample_run(const plan::Experiment& experiment);

}  // namespace stampede::report
