#include <fmt/core.h>

#include <algorithm>

#include "experiments/report/evaluate.hpp"
#include "experiments/report/figures.hpp"

namespace stampede::report {
namespace {

const Cell* find_cell(const RunResult& run, const std::string& name) {
  const auto found = std::ranges::find(run.cells, name, &Cell::name);
  return found == run.cells.end() ? nullptr : &*found;
}

bool ended_as(const Cell& cell, const std::string& audit, plan::AuditState documented) {
  const auto found = std::ranges::find(cell.summary.audits, audit, &AuditSummary::name);
  return found != cell.summary.audits.end() && found->state == documented;
}

bool usable(const Cell* cell) { return cell != nullptr && cell->state == State::kDone; }

}  // namespace

// The claim's cells: what `from` and `to` name, else the baseline and the last cell that is not it.
void judge_claim(const plan::Experiment& experiment, RunResult& run) {
  if (!experiment.documented || !run.documented) return;
  const plan::Documented& documented = *experiment.documented;
  DocumentedResult& result = *run.documented;
  result.finding.clear();
  result.because.clear();
  result.from = documented.from.empty() ? run.baseline : documented.from;
  result.to = documented.to;
  for (const Cell& cell : run.cells) {
    if (documented.to.empty() && cell.name != result.from) result.to = cell.name;
  }
  const auto audit = plan::audit_of(documented.metric);
  const auto before = documented.audit_before;
  const auto after = documented.audit_after;
  if (!documented.claim && !(audit && before && after)) return;
  const Cell* from = find_cell(run, result.from);
  const Cell* to = find_cell(run, result.to);
  stats::Judgement judgement{stats::Finding::kCannotTell, "one of its cells was not measured"};
  if (usable(from) && usable(to)) {
    judgement = audit && before && after
                    ? stats::judge_audit(documented.evidence, ended_as(*from, *audit, *before),
                                         ended_as(*to, *audit, *after))
                    : stats::judge(*documented.claim,
                                   compare_cells(*from, *to, documented.metric, experiment.rules));
  }
  result.finding = stats::to_string(judgement.finding);
  result.because = judgement.because;
}

}  // namespace stampede::report
