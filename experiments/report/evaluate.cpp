#include "experiments/report/evaluate.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "experiments/report/exit_code.hpp"
#include "experiments/report/figures.hpp"

namespace stampede::report {
namespace {

constexpr std::array<std::string_view, 6> kCompared{"tps", "p50",  "p95",
                                                    "p99", "mean", "cpu_per_order"};

void compare_with_baseline(const plan::Experiment& experiment, RunResult& run) {
  if (!experiment.baseline) return;
  const Cell& baseline = run.cells[*experiment.baseline];
  for (Cell& cell : run.cells) {
    if (&cell == &baseline) continue;
    for (const std::string_view metric : kCompared) {
      const std::string name(metric);
      cell.summary.comparisons.push_back(
          {name, compare_cells(baseline, cell, name, experiment.rules)});
    }
  }
}

// Whether a cell may be called the fastest.
bool is_ranked(const Cell& cell) {
  const Summary& summary = cell.summary;
  return cell.state == State::kDone && summary.tps > 0 && !summary.saturated &&
         !summary.has_failed_audit() && summary.audits_as_expected() && summary.thresholds_met();
}

void rank(RunResult& run) {
  run.fastest.clear();
  run.faster_broken.clear();
  const Cell* best = nullptr;
  for (const Cell& cell : run.cells) {
    if (is_ranked(cell) && (best == nullptr || cell.summary.tps > best->summary.tps)) best = &cell;
  }
  if (best != nullptr && run.cells.size() > 1) run.fastest = best->name;
  double most = best == nullptr ? 0 : best->summary.tps;
  for (const Cell& cell : run.cells) {
    if (!cell.summary.has_failed_audit() || cell.summary.tps <= most) continue;
    most = cell.summary.tps;
    run.faster_broken = cell.name;
  }
}

bool did_not_run(const Cell& cell) {
  return cell.state == State::kNotApplicable || cell.state == State::kSkipped ||
         cell.blocks.empty();
}

// What did not run says nothing, and a cell that broke off owes no answer: only what an audit did
// find counts against those.
bool counts(const Cell& cell, const AuditSummary& audit) {
  if (audit.as_expected || did_not_run(cell)) return false;
  return cell.state != State::kFailed || audit.state == plan::AuditState::kFail;
}

void finish(RunResult& run, ExitCode code, std::string reason) {
  run.exit_code = static_cast<int>(code);
  run.exit_reason = std::move(reason);
}

void decide_exit(RunResult& run) {
  for (const Cell& cell : run.cells) {
    for (const AuditSummary& audit : cell.summary.audits) {
      if (!counts(cell, audit)) continue;
      const std::string wanted = audit.expected.empty() ? "not to fail" : "to " + audit.expected;
      return finish(run, ExitCode::kAudit,
                    fmt::format("audit {} of {}: expected {}, was {}", audit.name, cell.name,
                                wanted, plan::to_string(audit.state)));
    }
  }
  for (const Cell& cell : run.cells) {
    if (cell.state != State::kFailed) continue;
    return finish(run, ExitCode::kEnvironment, fmt::format("cell {} failed", cell.name));
  }
  if (run.interrupted) return finish(run, ExitCode::kEnvironment, "the run was interrupted");
  for (const Cell& cell : run.cells) {
    if (did_not_run(cell)) continue;
    for (const ThresholdOutcome& threshold : cell.summary.thresholds) {
      if (threshold.met) continue;
      return finish(run, ExitCode::kThreshold,
                    fmt::format("threshold {} missed by {}: {}", threshold.text, cell.name,
                                threshold.actual));
    }
  }
  for (const Cell& cell : run.cells) {
    if (cell.state != State::kSkipped) continue;
    return finish(run, ExitCode::kEnvironment,
                  fmt::format("cell {} was skipped: {}", cell.name, cell.state_reason));
  }
  finish(run, ExitCode::kPassed, "");
}

}  // namespace

void evaluate(const plan::Experiment& experiment, RunResult& run) {
  for (std::size_t i = 0; i < run.cells.size(); ++i) {
    summarize(experiment.cells[i], experiment.thresholds, experiment.blocks, run.cells[i]);
  }
  compare_with_baseline(experiment, run);
  split_effects(experiment, run);
  judge_claim(experiment, run);
  rank(run);
  run.warnings = warnings_of(run);
  decide_exit(run);
}

}  // namespace stampede::report
