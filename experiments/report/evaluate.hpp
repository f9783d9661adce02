// From what was measured to what it means: summaries, comparisons, thresholds, expectations, the
// verdict on the documented claim, warnings and the exit code. Pure; calling it again after more
// blocks were measured replaces what it said before.
//
// The exit code, the first that applies: 3 an audit was not as expected, 2 a cell failed or the run
// was interrupted, 4 a threshold was missed, 0. A cell that is not applicable breaks nothing;
// one that was skipped is no pass either: 2, when nothing worse happened.

#pragma once

#include "experiments/plan/experiment.hpp"
#include "experiments/report/result.hpp"

namespace stampede::report {

// `run` came from begin_result() of the same experiment.
void evaluate(const plan::Experiment& experiment, RunResult& run);

// The parts, in the order in which evaluate() calls them.
void summarize(const plan::Cell& planned, const std::vector<plan::Threshold>& thresholds,
               std::size_t blocks, Cell& cell);
// Splits the changes of a full factorial among its axes.
void split_effects(const plan::Experiment& experiment, RunResult& run);
void judge_claim(const plan::Experiment& experiment, RunResult& run);
std::vector<std::string> warnings_of(const RunResult& run);

}  // namespace stampede::report
