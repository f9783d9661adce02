// What a finished run prints on the terminal: the table, what it means, and what to be careful
// about. Pure.

#pragma once

#include <string>

#include "experiments/report/result.hpp"
#include "experiments/report/table.hpp"
#include "experiments/report/terminal.hpp"

namespace stampede::report {

// Throughput, latencies, refusals, errors, audits and the change against the baseline, one row per
// cell. Shared by the terminal and the Markdown report, so that they agree.
Table result_table(const RunResult& run);

std::string final_report(const RunResult& run, const Terminal& terminal);

// Words for figures. "17.9x [15.2, 21.0]", "~ [0.94, 1.08]", "cannot compare", "cannot tell".
std::string change_text(const stats::Comparison& comparison);
// About three significant digits: "812", "45.1", "123k", "0".
std::string rate_text(double per_second);
// Three significant digits with a unit: "1.23 ms".
std::string time_text(Nanoseconds duration);
// "lock.use global -> per_user", and what share of the whole it is: "71 %".
std::string effect_title(const FactorEffect& effect);
std::string share_text(const FactorEffect& effect);
// Which cell is the fastest, and whether a broken one is faster; empty when there is nothing to
// say.
std::string ranking_text(const RunResult& run);
// The claim, and what this run says about it; empty without a claim.
std::string verdict_text(const RunResult& run);

}  // namespace stampede::report
