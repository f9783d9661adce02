#include "experiments/report/result.hpp"

#include <algorithm>
#include <array>

#include "experiments/plan/data.hpp"

namespace stampede::report {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 5> kStates{
    {{State::kDone, "done"},
     {State::kFailed, "failed"},
     {State::kNotApplicable, "not applicable"},
     {State::kSkipped, "skipped"},
     {State::kMissing, "missing"}}};

DocumentedResult begin_documented(const plan::Documented& documented) {
  return {.source = documented.source,
          .evidence = std::string(stats::to_string(documented.evidence)),
          .metric = documented.metric,
          .before = documented.before,
          .after = documented.after,
          .note = documented.note};
}

}  // namespace

void Outcomes::add(const Outcomes& other) {
  success += other.success;
  refusal += other.refusal;
  skipped += other.skipped;
  error += other.error;
  timeout += other.timeout;
  reset += other.reset;
  censored += other.censored;
}

const Quantile* Summary::quantile(const std::string& name) const {
  const auto found = std::ranges::find(quantiles, name, &Quantile::name);
  return found == quantiles.end() ? nullptr : &*found;
}

const stats::Comparison* Summary::comparison(const std::string& metric) const {
  const auto found = std::ranges::find(comparisons, metric, &MetricComparison::metric);
  return found == comparisons.end() ? nullptr : &found->comparison;
}

bool Summary::has_failed_audit() const {
  return std::ranges::any_of(audits, [](const AuditSummary& audit) {
    return audit.state == plan::AuditState::kFail && !audit.informative;
  });
}

bool Summary::audits_as_expected() const {
  return std::ranges::all_of(audits, &AuditSummary::as_expected);
}

bool Summary::thresholds_met() const {
  return std::ranges::all_of(thresholds, &ThresholdOutcome::met);
}

std::string_view to_string(State state) {
  for (const auto& [value, text] : kStates) {
    if (value == state) return text;
  }
  return "";
}

std::optional<State> state_from(std::string_view text) {
  for (const auto& [value, name] : kStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

RunResult begin_result(const plan::Experiment& experiment) {
  RunResult run;
  run.experiment = experiment.name;
  run.question = experiment.question;
  run.seed = experiment.seed;
  run.blocks = experiment.blocks;
  run.max_foreign_cpu = experiment.rules.max_foreign_cpu;
  run.axes = experiment.axes;
  if (experiment.baseline) run.baseline = experiment.cells[*experiment.baseline].name;
  run.yaml = experiment.yaml;
  run.notes = experiment.notes;
  if (experiment.documented) run.documented = begin_documented(*experiment.documented);
  for (const plan::Cell& cell : experiment.cells) {
    run.cells.push_back(
        {.name = cell.name,
         .folder = cell.folder,
         .values = cell.values,
         .server = config::to_yaml(cell.server),
         .load = config::to_yaml(cell.load),
         .data = plan::seed_json(cell.data),
         .bench = cell.bench_tree.entries.empty() ? "" : config::to_yaml(cell.bench_tree)});
  }
  return run;
}

}  // namespace stampede::report
