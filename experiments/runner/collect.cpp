#include "experiments/runner/collect.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace stampede::runner {

namespace {

using nlohmann::json;
using std::chrono::nanoseconds;

constexpr std::size_t kSlowestQueries = 8;

double seconds(nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

report::Outcomes outcomes_of(const load::Measure& measure) {
  using Kind = load::OutcomeKind;
  return {.success = measure.count(Kind::kSuccess),
          .refusal = measure.count(Kind::kRefusal),
          .skipped = measure.count(Kind::kSkipped),
          .error = measure.count(Kind::kError),
          .timeout = measure.count(Kind::kTimeout),
          .reset = measure.count(Kind::kReset),
          .censored = measure.count(Kind::kCensored)};
}

report::Generator generator_of(const load::GeneratorHealth& health) {
  return {.cpu = health.cpu,
          .waiting_for_cpu = health.waiting_for_cpu,
          .saturated_share = health.saturated_share,
          .backlog_share = health.backlog_share,
          .dropped = health.dropped,
          .saturated = health.saturated,
          .lateness_p50 = health.lateness.quantile(0.5),
          .lateness_p99 = health.lateness.quantile(0.99),
          .lateness_max = health.lateness.max()};
}

void collect_iterations(const load::LoadResult& load, report::Block& block) {
  Histogram durations;
  std::uint64_t ended = 0;
  for (const auto& journey : load.journeys) {
    durations.merge(journey.iteration);
    ended += journey.completed + journey.broken_off;
  }
  // Little's law is about a steady state, which counted iterations do not have.
  block.closed_loop = load.executor.ends_with("-vus");
  block.average_vus = load.average_vus;
  block.iterations_per_s =
      load.window.count() == 0 ? 0 : static_cast<double>(ended) / load.seconds();
  block.mean_iteration_s = seconds(durations.mean());
  block.mean_think_s = seconds(load.mean_think);
}

void collect_load(const load::LoadResult& load, report::Block& block) {
  block.window_s = load.seconds();
  block.tps = load.goodput();
  block.rps = load.answers_per_second();
  block.outcomes = outcomes_of(load.overall);
  block.latency = load.overall.latency;
  block.service = load.overall.service;
  for (const auto& [name, count] : load.refusals) block.refusals.push_back({name, count});
  for (const auto& [name, count] : load.faults) block.faults.push_back({name, count});
  for (const auto& [name, time] : load.phases) block.phases.push_back({name, time});
  block.generator = generator_of(load.generator);
  block.ledger = {.records = load.ledger_cost.records,
                  .bytes_per_record = load.ledger_cost.bytes_per_record,
                  .nanoseconds_per_record = load.ledger_cost.nanoseconds_per_record};
  collect_iterations(load, block);
  for (const auto& second : load.timeline) {
    block.timeline.push_back({.answered = second.answered,
                              .successes = second.successes,
                              .errors = second.errors,
                              .vus = second.vus,
                              .p95 = second.p95});
  }
}

void collect_usage(const WindowUsage& usage, report::Block& block) {
  block.server = {.cpu_s = seconds(usage.server.cpu),
                  .resident_bytes = usage.server.resident_bytes,
                  .voluntary_switches = usage.server.voluntary_switches,
                  .involuntary_switches = usage.server.involuntary_switches};
  block.bench = {.cpu_s = seconds(usage.bench.cpu),
                 .resident_bytes = usage.bench.resident_bytes,
                 .voluntary_switches = usage.bench.voluntary_switches,
                 .involuntary_switches = usage.bench.involuntary_switches};
  block.foreign_cpu = usage.foreign_cpu;
}

nanoseconds microseconds(const json& value) {
  return nanoseconds(static_cast<std::int64_t>(value.get<double>() * 1e3));
}

report::Query query_from(const json& query) {
  return {.name = query.at("name").get<std::string>(),
          .count = query.at("count").get<std::int64_t>(),
          .mean = microseconds(query.at("meanUs")),
          .p95 = microseconds(query.at("p95Us"))};
}

double total_of(const report::Query& query) {
  return static_cast<double>(query.count) * static_cast<double>(query.mean.count());
}

// A store counts since its start: what opening and seeding it took is taken away again. A p95 has
// no difference; it stays that of the query's whole life.
void subtract(const json& before, report::Query& query) {
  for (const auto& earlier : before.at("queries")) {
    if (earlier.at("name") != query.name) continue;
    const auto old = query_from(earlier);
    const double spent = std::max(0.0, total_of(query) - total_of(old));
    query.count -= old.count;
    if (query.count > 0) {
      query.mean = nanoseconds(static_cast<std::int64_t>(spent / static_cast<double>(query.count)));
    }
  }
}

void collect_store(const json* before, const json& store, report::Block& block) {
  for (const auto& entry : store.at("queries")) {
    auto query = query_from(entry);
    if (before != nullptr) subtract(*before, query);
    if (query.count > 0) block.queries.push_back(std::move(query));
  }
  std::ranges::sort(block.queries, std::ranges::greater{}, total_of);
  if (block.queries.size() > kSlowestQueries) block.queries.resize(kSlowestQueries);
  for (const auto& gauge : store.at("gauges")) {
    block.gauges.push_back({gauge.at("name").get<std::string>(), gauge.at("value").get<double>()});
  }
  const auto& pool = store.at("pool");
  const auto timeouts = [](const json& of) { return of.at("timeouts").get<std::int64_t>(); };
  block.pool = {.active = pool.at("active").get<std::int64_t>(),
                .idle = pool.at("idle").get<std::int64_t>(),
                .pending = pool.at("pending").get<std::int64_t>(),
                .timeouts = timeouts(pool) - (before ? timeouts(before->at("pool")) : 0)};
}

plan::AuditState state_of(audit::Verdict verdict) {
  switch (verdict) {
    case audit::Verdict::kPass:
      return plan::AuditState::kPass;
    case audit::Verdict::kFail:
      return plan::AuditState::kFail;
    case audit::Verdict::kUnknown:
      return plan::AuditState::kUnknown;
  }
  return plan::AuditState::kUnknown;
}

}  // namespace

report::Block collect(const BlockPlan& plan, std::size_t position, const BlockOutcome& outcome) {
  report::Block block;
  block.block = plan.block;
  block.position = position;
  block.state = outcome.failure.empty() ? report::State::kDone : report::State::kFailed;
  block.failure = outcome.failure;
  block.warmup_s = seconds(outcome.warmup);
  if (outcome.load) collect_load(*outcome.load, block);
  if (outcome.usage) collect_usage(*outcome.usage, block);
  const auto before = json::parse(outcome.stats_before, nullptr, false);
  const auto stats = json::parse(outcome.stats, nullptr, false);
  if (stats.is_object()) {
    collect_store(before.is_object() ? &before.at("store") : nullptr, stats.at("store"), block);
  }
  for (const auto& finding : outcome.findings) {
    block.audits.push_back({.name = finding.name,
                            .state = state_of(finding.verdict),
                            .summary = finding.summary,
                            .evidence = finding.evidence,
                            .informative = finding.informative});
  }
  return block;
}

}  // namespace stampede::runner
