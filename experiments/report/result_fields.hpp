// The keys of run.json: one list per struct, used for writing and for reading, so that the two
// cannot disagree. `visit(key, member)` is called for each member. Internal to result_file.cpp.

#pragma once

#include <concepts>
#include <type_traits>

#include "experiments/report/result.hpp"

namespace stampede::report {

template <typename T, typename Wanted>
concept Is = std::same_as<std::remove_const_t<T>, Wanted>;

template <typename Visit>
void fields(Visit& visit, Is<Outcomes> auto& x) {
  visit("success", x.success);
  visit("refusal", x.refusal);
  visit("skipped", x.skipped);
  visit("error", x.error);
  visit("timeout", x.timeout);
  visit("reset", x.reset);
  visit("censored", x.censored);
}

template <typename Visit>
void fields(Visit& visit, Is<NamedCount> auto& x) {
  visit("name", x.name);
  visit("count", x.count);
}

template <typename Visit>
void fields(Visit& visit, Is<NamedValue> auto& x) {
  visit("name", x.name);
  visit("value", x.value);
}

template <typename Visit>
void fields(Visit& visit, Is<PhaseTime> auto& x) {
  visit("name", x.name);
  visit("time", x.time);
}

template <typename Visit>
void fields(Visit& visit, Is<Query> auto& x) {
  visit("name", x.name);
  visit("count", x.count);
  visit("mean", x.mean);
  visit("p95", x.p95);
}

template <typename Visit>
void fields(Visit& visit, Is<Pool> auto& x) {
  visit("active", x.active);
  visit("idle", x.idle);
  visit("pending", x.pending);
  visit("timeouts", x.timeouts);
}

template <typename Visit>
void fields(Visit& visit, Is<ProcessUse> auto& x) {
  visit("cpu_s", x.cpu_s);
  visit("resident_bytes", x.resident_bytes);
  visit("voluntary_switches", x.voluntary_switches);
  visit("involuntary_switches", x.involuntary_switches);
  visit("read_bytes", x.read_bytes);
  visit("written_bytes", x.written_bytes);
  visit("received_bytes", x.received_bytes);
  visit("sent_bytes", x.sent_bytes);
}

template <typename Visit>
void fields(Visit& visit, Is<ProcessSamples> auto& x) {
  visit("at_s", x.at_s);
  visit("cpu", x.cpu);
  visit("resident_bytes", x.resident_bytes);
  visit("voluntary_switches", x.voluntary_switches);
  visit("involuntary_switches", x.involuntary_switches);
  visit("read_bytes", x.read_bytes);
  visit("written_bytes", x.written_bytes);
  visit("received_bytes", x.received_bytes);
  visit("sent_bytes", x.sent_bytes);
}

template <typename Visit>
void fields(Visit& visit, Is<ProcessRecord> auto& x) {
  visit("name", x.name);
  visit("use", x.use);
  visit("samples", x.samples);
}

template <typename Visit>
void fields(Visit& visit, Is<ProcessTotal> auto& x) {
  visit("name", x.name);
  visit("cpu_per_order_s", x.cpu_per_order_s);
  visit("resident_bytes", x.resident_bytes);
  visit("use", x.use);
}

template <typename Visit>
void fields(Visit& visit, Is<Generator> auto& x) {
  visit("cpu", x.cpu);
  visit("waiting_for_cpu", x.waiting_for_cpu);
  visit("saturated_share", x.saturated_share);
  visit("backlog_share", x.backlog_share);
  visit("dropped", x.dropped);
  visit("saturated", x.saturated);
  visit("lateness_p50", x.lateness_p50);
  visit("lateness_p99", x.lateness_p99);
  visit("lateness_max", x.lateness_max);
}

template <typename Visit>
void fields(Visit& visit, Is<LedgerCost> auto& x) {
  visit("records", x.records);
  visit("bytes_per_record", x.bytes_per_record);
  visit("nanoseconds_per_record", x.nanoseconds_per_record);
}

template <typename Visit>
void fields(Visit& visit, Is<Second> auto& x) {
  visit("answered", x.answered);
  visit("successes", x.successes);
  visit("errors", x.errors);
  visit("vus", x.vus);
  visit("p95", x.p95);
}

template <typename Visit>
void fields(Visit& visit, Is<Audit> auto& x) {
  visit("name", x.name);
  visit("state", x.state);
  visit("summary", x.summary);
  visit("evidence", x.evidence);
  visit("informative", x.informative);
}

template <typename Visit>
void fields(Visit& visit, Is<Block> auto& x) {
  visit("block", x.block);
  visit("position", x.position);
  visit("state", x.state);
  visit("failure", x.failure);
  visit("started_at", x.started_at);
  visit("window_s", x.window_s);
  visit("warmup_s", x.warmup_s);
  visit("tps", x.tps);
  visit("rps", x.rps);
  visit("outcomes", x.outcomes);
  visit("latency", x.latency);
  visit("service", x.service);
  visit("refusals", x.refusals);
  visit("faults", x.faults);
  visit("phases", x.phases);
  visit("queries", x.queries);
  visit("gauges", x.gauges);
  visit("pool", x.pool);
  visit("server", x.server);
  visit("bench", x.bench);
  visit("processes", x.processes);
  visit("generator", x.generator);
  visit("ledger", x.ledger);
  visit("foreign_cpu", x.foreign_cpu);
  visit("closed_loop", x.closed_loop);
  visit("average_vus", x.average_vus);
  visit("iterations_per_s", x.iterations_per_s);
  visit("mean_iteration_s", x.mean_iteration_s);
  visit("mean_think_s", x.mean_think_s);
  visit("injected", x.injected);
  visit("timeline", x.timeline);
  visit("audits", x.audits);
}

template <typename Visit>
void fields(Visit& visit, Is<Quantile> auto& x) {
  visit("name", x.name);
  visit("value", x.value);
  visit("certain", x.certain);
}

template <typename Visit>
void fields(Visit& visit, Is<AuditSummary> auto& x) {
  visit("name", x.name);
  visit("state", x.state);
  visit("expected", x.expected);
  visit("as_expected", x.as_expected);
  visit("informative", x.informative);
  visit("summary", x.summary);
  visit("evidence", x.evidence);
}

template <typename Visit>
void fields(Visit& visit, Is<stats::Interval> auto& x) {
  visit("low", x.low);
  visit("high", x.high);
}

template <typename Visit>
void fields(Visit& visit, Is<stats::Comparison> auto& x) {
  visit("answer", x.answer);
  visit("ratio", x.ratio);
  visit("interval", x.interval);
  visit("p_value", x.p_value);
  visit("pairs", x.pairs);
  visit("dropped", x.dropped);
  visit("reason", x.reason);
}

template <typename Visit>
void fields(Visit& visit, Is<MetricComparison> auto& x) {
  visit("metric", x.metric);
  visit("comparison", x.comparison);
}

template <typename Visit>
void fields(Visit& visit, Is<ThresholdOutcome> auto& x) {
  visit("text", x.text);
  visit("met", x.met);
  visit("actual", x.actual);
}

template <typename Visit>
void fields(Visit& visit, Is<Summary> auto& x) {
  visit("blocks", x.blocks);
  visit("window_s", x.window_s);
  visit("tps", x.tps);
  visit("rps", x.rps);
  visit("outcomes", x.outcomes);
  visit("mean", x.mean);
  visit("quantiles", x.quantiles);
  visit("cpu_per_order_s", x.cpu_per_order_s);
  visit("server_cpu_s", x.server_cpu_s);
  visit("processes", x.processes);
  visit("saturated", x.saturated);
  visit("phases", x.phases);
  visit("queries", x.queries);
  visit("refusals", x.refusals);
  visit("faults", x.faults);
  visit("audits", x.audits);
  visit("thresholds", x.thresholds);
  visit("comparisons", x.comparisons);
}

template <typename Visit>
void fields(Visit& visit, Is<Cell> auto& x) {
  visit("name", x.name);
  visit("folder", x.folder);
  visit("values", x.values);
  visit("server", x.server);
  visit("load", x.load);
  visit("data", x.data);
  visit("bench", x.bench);
  visit("state", x.state);
  visit("state_reason", x.state_reason);
  visit("summary", x.summary);
  visit("blocks", x.blocks);
}

template <typename Visit>
void fields(Visit& visit, Is<Environment> auto& x) {
  visit("cpu", x.cpu);
  visit("processors", x.processors);
  visit("memory_bytes", x.memory_bytes);
  visit("kernel", x.kernel);
  visit("system", x.system);
  visit("git_commit", x.git_commit);
  visit("versions", x.versions);
  visit("warnings", x.warnings);
}

template <typename Visit>
void fields(Visit& visit, Is<DocumentedResult> auto& x) {
  visit("source", x.source);
  visit("evidence", x.evidence);
  visit("metric", x.metric);
  visit("before", x.before);
  visit("after", x.after);
  visit("note", x.note);
  visit("from", x.from);
  visit("to", x.to);
  visit("finding", x.finding);
  visit("because", x.because);
}

template <typename Visit>
void fields(Visit& visit, Is<FactorEffect> auto& x) {
  visit("metric", x.metric);
  visit("factor", x.factor);
  visit("from", x.from);
  visit("to", x.to);
  visit("comparison", x.comparison);
  visit("share", x.share);
}

template <typename Visit>
void fields(Visit& visit, Is<FactorInteraction> auto& x) {
  visit("metric", x.metric);
  visit("first", x.first);
  visit("second", x.second);
  visit("comparison", x.comparison);
}

template <typename Visit>
void fields(Visit& visit, Is<RunResult> auto& x) {
  visit("experiment", x.experiment);
  visit("question", x.question);
  visit("run", x.run);
  visit("started_at", x.started_at);
  visit("finished_at", x.finished_at);
  visit("command", x.command);
  visit("interrupted", x.interrupted);
  visit("exit_code", x.exit_code);
  visit("exit_reason", x.exit_reason);
  visit("fastest", x.fastest);
  visit("faster_broken", x.faster_broken);
  visit("warnings", x.warnings);
  visit("notes", x.notes);
  visit("effects", x.effects);
  visit("interactions", x.interactions);
  visit("documented", x.documented);
  visit("environment", x.environment);
  visit("seed", x.seed);
  visit("block_count", x.blocks);
  visit("max_foreign_cpu", x.max_foreign_cpu);
  visit("axes", x.axes);
  visit("baseline", x.baseline);
  visit("yaml", x.yaml);
  visit("cells", x.cells);
}

}  // namespace stampede::report
