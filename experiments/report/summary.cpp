#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/plan/threshold.hpp"
#include "experiments/report/evaluate.hpp"
#include "experiments/stats/censoring.hpp"

namespace stampede::report {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 5> kQuantiles{
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};
constexpr std::size_t kSlowestQueries = 10;

void add_counts(std::vector<NamedCount>& sum, const std::vector<NamedCount>& counts) {
  for (const NamedCount& count : counts) {
    const auto found = std::ranges::find(sum, count.name, &NamedCount::name);
    if (found == sum.end()) {
      sum.push_back(count);
    } else {
      found->count += count.count;
    }
  }
  std::ranges::stable_sort(sum, std::greater<>(), &NamedCount::count);
}

void add_phases(std::vector<PhaseTime>& sum, const std::vector<PhaseTime>& phases) {
  for (const PhaseTime& phase : phases) {
    const auto found = std::ranges::find(sum, phase.name, &PhaseTime::name);
    if (found == sum.end()) {
      sum.push_back(phase);
    } else {
      found->time.merge(phase.time);
    }
  }
}

void add_queries(std::vector<Query>& sum, const std::vector<Query>& queries) {
  for (const Query& query : queries) {
    const auto found = std::ranges::find(sum, query.name, &Query::name);
    if (found == sum.end()) {
      sum.push_back(query);
      continue;
    }
    const auto total = found->count + query.count;
    if (total > 0) {
      found->mean = Nanoseconds(std::llround(
          (static_cast<double>(found->mean.count()) * static_cast<double>(found->count) +
           static_cast<double>(query.mean.count()) * static_cast<double>(query.count)) /
          static_cast<double>(total)));
    }
    found->count = total;
    found->p95 = std::max(found->p95, query.p95);
  }
}

int severity(plan::AuditState state) {
  switch (state) {
    case plan::AuditState::kPass:
      return 0;
    case plan::AuditState::kUnknown:
      return 1;
    case plan::AuditState::kFail:
      break;
  }
  return 2;
}

void add(ProcessUse& sum, const ProcessUse& use) {
  sum.cpu_s += use.cpu_s;
  sum.resident_bytes = std::max(sum.resident_bytes, use.resident_bytes);
  sum.voluntary_switches += use.voluntary_switches;
  sum.involuntary_switches += use.involuntary_switches;
  sum.read_bytes += use.read_bytes;
  sum.written_bytes += use.written_bytes;
  sum.received_bytes += use.received_bytes;
  sum.sent_bytes += use.sent_bytes;
}

void add_processes(std::vector<ProcessTotal>& sum, const std::vector<ProcessRecord>& processes) {
  for (const ProcessRecord& process : processes) {
    auto found = std::ranges::find(sum, process.name, &ProcessTotal::name);
    if (found == sum.end()) found = sum.insert(sum.end(), {.name = process.name});
    add(found->use, process.use);
    found->resident_bytes = found->use.resident_bytes;
  }
}

void add_audits(std::vector<AuditSummary>& sum, const std::vector<Audit>& audits) {
  for (const Audit& audit : audits) {
    auto found = std::ranges::find(sum, audit.name, &AuditSummary::name);
    if (found == sum.end()) {
      sum.push_back({.name = audit.name,
                     .state = audit.state,
                     .informative = audit.informative,
                     .summary = audit.summary,
                     .evidence = audit.evidence});
    } else if (severity(audit.state) > severity(found->state)) {
      found->state = audit.state;
      found->summary = audit.summary;
      found->evidence = audit.evidence;
    }
  }
}

// An expectation about an audit that no block reported is not met: it becomes a line of its own.
void judge_audits(const plan::Expectations& expectations, Summary& summary) {
  for (const auto& [name, expected] : expectations) {
    const bool reported =
        std::ranges::find(summary.audits, name, &AuditSummary::name) != summary.audits.end();
    if (!reported && expected != plan::Expected::kAny) {
      summary.audits.push_back({.name = name, .summary = "was not reported"});
    }
  }
  for (AuditSummary& audit : summary.audits) {
    const auto stated = expectations.find(audit.name);
    if (stated != expectations.end()) audit.expected = plan::to_string(stated->second);
    audit.as_expected = plan::as_expected(expectations, audit.name, audit.state);
    // What the experiment has an opinion on is no longer for information only.
    if (stated != expectations.end()) audit.informative = stated->second == plan::Expected::kAny;
  }
}

void add_quantiles(Summary& summary, const Histogram& latency) {
  for (const auto& [name, q] : kQuantiles) {
    const auto reading = stats::censored_quantile(latency, summary.outcomes.censored, q);
    summary.quantiles.push_back({std::string(name), reading.observed, !reading.matters});
  }
}

// The state of the worst block, and why.
void judge_state(std::size_t blocks, Cell& cell) {
  cell.state = cell.blocks.size() < blocks ? State::kMissing : State::kDone;
  cell.state_reason = cell.state == State::kMissing ? "not every block was run" : "";
  for (const State worse : {State::kNotApplicable, State::kSkipped, State::kFailed}) {
    for (const Block& block : cell.blocks) {
      if (block.state != worse) continue;
      cell.state = worse;
      cell.state_reason = block.failure;
      break;
    }
  }
}

}  // namespace

void summarize(const plan::Cell& planned, const std::vector<plan::Threshold>& thresholds,
               std::size_t blocks, Cell& cell) {
  judge_state(blocks, cell);
  Summary summary;
  plan::Measured measured;
  double good = 0;
  double answers = 0;
  for (const Block& block : cell.blocks) {
    // A server that died during the load has failed audits all the same.
    add_audits(summary.audits, block.audits);
    if (block.state != State::kDone) continue;
    ++summary.blocks;
    summary.window_s += block.window_s;
    good += block.tps * block.window_s;
    answers += block.rps * block.window_s;
    summary.outcomes.add(block.outcomes);
    measured.latency.merge(block.latency);
    summary.server_cpu_s += block.server.cpu_s;
    summary.saturated = summary.saturated || block.generator.saturated;
    add_processes(summary.processes, block.processes);
    add_phases(summary.phases, block.phases);
    add_queries(summary.queries, block.queries);
    add_counts(summary.refusals, block.refusals);
    add_counts(summary.faults, block.faults);
  }
  if (summary.window_s > 0) {
    summary.tps = good / summary.window_s;
    summary.rps = answers / summary.window_s;
  }
  if (good > 0) summary.cpu_per_order_s = summary.server_cpu_s / good;
  for (ProcessTotal& process : summary.processes) {
    if (good > 0) process.cpu_per_order_s = process.use.cpu_s / good;
  }
  summary.mean = measured.latency.mean();
  add_quantiles(summary, measured.latency);
  std::ranges::stable_sort(summary.queries, std::greater<>(), &Query::p95);
  if (summary.queries.size() > kSlowestQueries) summary.queries.resize(kSlowestQueries);
  judge_audits(planned.expect, summary);
  measured.open = summary.outcomes.censored;
  measured.success = summary.outcomes.success;
  measured.refusal = summary.outcomes.refusal;
  measured.error = summary.outcomes.error;
  measured.timeout = summary.outcomes.timeout + summary.outcomes.reset;
  measured.seconds = summary.window_s;
  measured.good = good;
  for (const plan::Threshold& threshold : thresholds) {
    auto result = plan::evaluate(threshold, measured);
    summary.thresholds.push_back({std::move(result.text), result.met, std::move(result.actual)});
  }
  cell.summary = std::move(summary);
}

}  // namespace stampede::report
