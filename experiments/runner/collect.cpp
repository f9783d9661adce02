#include "experiments/runner/collect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
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

report::ProcessUse use_of(const environment::Usage& usage) {
  return {.cpu_s = seconds(usage.cpu),
          .resident_bytes = usage.resident_bytes,
          .voluntary_switches = usage.voluntary_switches,
          .involuntary_switches = usage.involuntary_switches,
          .read_bytes = usage.read_bytes,
          .written_bytes = usage.written_bytes,
          .received_bytes = usage.received_bytes,
          .sent_bytes = usage.sent_bytes};
}

report::ProcessSamples samples_of(const std::vector<environment::Sample>& samples,
                                  std::size_t process) {
  report::ProcessSamples lists;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const auto change = difference(samples[i - 1].usage[process], samples[i].usage[process]);
    const double lasted = seconds(samples[i].at - samples[i - 1].at);
    if (lasted <= 0) continue;
    lists.at_s.push_back(seconds(samples[i].at));
    lists.cpu.push_back(seconds(change.cpu) / lasted);
    lists.resident_bytes.push_back(change.resident_bytes);
    lists.voluntary_switches.push_back(change.voluntary_switches);
    lists.involuntary_switches.push_back(change.involuntary_switches);
    lists.read_bytes.push_back(change.read_bytes);
    lists.written_bytes.push_back(change.written_bytes);
    lists.received_bytes.push_back(change.received_bytes);
    lists.sent_bytes.push_back(change.sent_bytes);
  }
  return lists;
}

void add(report::ProcessUse& sum, const report::ProcessUse& use) {
  sum.cpu_s += use.cpu_s;
  sum.resident_bytes += use.resident_bytes;
  sum.voluntary_switches += use.voluntary_switches;
  sum.involuntary_switches += use.involuntary_switches;
  sum.read_bytes += use.read_bytes;
  sum.written_bytes += use.written_bytes;
  sum.received_bytes += use.received_bytes;
  sum.sent_bytes += use.sent_bytes;
}

void collect_usage(const BlockOutcome& outcome, report::Block& block) {
  for (std::size_t i = 0; i < outcome.process_names.size(); ++i) {
    report::ProcessRecord record{
        .name = outcome.process_names[i], .use = {}, .samples = samples_of(outcome.samples, i)};
    if (outcome.usage) record.use = use_of(outcome.usage->processes[i]);
    if (record.name.starts_with("server")) add(block.server, record.use);
    if (record.name == "generator") block.bench = record.use;
    block.processes.push_back(std::move(record));
  }
  if (outcome.usage) block.foreign_cpu = outcome.usage->foreign_cpu;
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

// Several instances ran the same queries: counts are added, means weighted. Their p95 cannot be
// merged, and averaging would make one up: the worst one stands.
void merge(const report::Query& query, std::vector<report::Query>& queries) {
  const auto found = std::ranges::find(queries, query.name, &report::Query::name);
  if (found == queries.end()) {
    queries.push_back(query);
    return;
  }
  const double total = total_of(*found) + total_of(query);
  found->count += query.count;
  found->mean = nanoseconds(static_cast<std::int64_t>(total / static_cast<double>(found->count)));
  found->p95 = std::max(found->p95, query.p95);
}

void collect_pool(const json* before, const json& pool, report::Pool& sum) {
  const auto number = [](const json& of, const char* key) {
    return of.at(key).get<std::int64_t>();
  };
  sum.active += number(pool, "active");
  sum.idle += number(pool, "idle");
  sum.pending += number(pool, "pending");
  sum.timeouts += number(pool, "timeouts") - (before ? number(before->at("pool"), "timeouts") : 0);
}

// Gauges of several instances stand side by side: nobody but the store knows what could be added.
void collect_store(const json* before, const json& store, const std::string& prefix,
                   report::Block& block) {
  for (const auto& entry : store.at("queries")) {
    auto query = query_from(entry);
    if (before != nullptr) subtract(*before, query);
    if (query.count > 0) merge(query, block.queries);
  }
  for (const auto& gauge : store.at("gauges")) {
    block.gauges.push_back(
        {prefix + gauge.at("name").get<std::string>(), gauge.at("value").get<double>()});
  }
  collect_pool(before, store.at("pool"), block.pool);
}

// What the services of one instance measured: end-to-end times, and what did not go well. Answers
// how many events they put aside.
double collect_saga(const json& saga, const std::string& prefix, report::Block& block) {
  const auto put = [&](const std::string& name, double value) {
    block.gauges.push_back({prefix + name, value});
  };
  for (const auto& [key, name] : {std::pair("orderFinal", "saga order to final"),
                                  std::pair("couponMarked", "saga completed to coupon marked"),
                                  std::pair("publish", "saga commit to published")}) {
    const auto& timing = saga.at(key);
    if (timing.at("count") == 0) continue;
    for (const auto& [quantile, suffix] :
         {std::pair("p50Us", " p50 ms"), std::pair("p95Us", " p95 ms"),
          std::pair("p99Us", " p99 ms")}) {
      put(std::string(name) + suffix, timing.at(quantile).get<double>() / 1e3);
    }
  }
  for (const auto& [key, name] :
       {std::pair("completed", "saga orders completed"), std::pair("failed", "saga orders failed"),
        std::pair("timedOut", "saga orders timed out")}) {
    put(name, saga.at(key).get<double>());
  }
  double dead_letters = 0;
  for (const auto& service : saga.at("services")) {
    dead_letters += service.at("deadLetters").get<double>();
  }
  put("saga dead letters", dead_letters);
  for (const auto& gauge : saga.at("transport").at("gauges")) {
    put("transport " + gauge.at("name").get<std::string>(), gauge.at("value").get<double>());
  }
  return dead_letters;
}

// What there is none of is not worth a line: most experiments issue nothing asynchronously.
void collect_gauges(const json& stats, const std::string& group, const std::string& prefix,
                    report::Block& block) {
  const auto gauges = stats.find(group);
  if (gauges == stats.end()) return;
  for (const auto& gauge : *gauges) {
    const auto value = gauge.at("value").get<double>();
    if (value == 0) continue;
    const auto name = gauge.at("name").get<std::string>();
    block.gauges.push_back({fmt::format("{}{} {}", prefix, group, name), value});
  }
}

// The servers are the first of the processes that were watched.
std::string name_of_process(const BlockOutcome& outcome, std::size_t index) {
  const auto& names = outcome.process_names;
  return index < names.size() ? names[index] : fmt::format("server {}", index + 1);
}

void collect_stores(const BlockOutcome& outcome, report::Block& block) {
  std::optional<double> dead_letters;
  for (std::size_t i = 0; i < outcome.stats.size(); ++i) {
    const auto stats = json::parse(outcome.stats[i], nullptr, false);
    if (!stats.is_object()) continue;
    const auto before = i < outcome.stats_before.size()
                            ? json::parse(outcome.stats_before[i], nullptr, false)
                            : json();
    const auto prefix = outcome.stats.size() == 1 ? "" : name_of_process(outcome, i) + " ";
    collect_store(before.is_object() ? &before.at("store") : nullptr, stats.at("store"), prefix,
                  block);
    collect_gauges(stats, "issuing", prefix, block);
    collect_gauges(stats, "stock", prefix, block);
    if (!stats.contains("saga")) continue;
    dead_letters = dead_letters.value_or(0) + collect_saga(stats.at("saga"), prefix, block);
  }
  // Which process has them stands above; whether there are any is asked of all together.
  if (dead_letters && outcome.stats.size() > 1) {
    block.gauges.push_back({"saga dead letters", *dead_letters});
  }
  std::ranges::sort(block.queries, std::ranges::greater{}, total_of);
  if (block.queries.size() > kSlowestQueries) block.queries.resize(kSlowestQueries);
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
  if (outcome.load) {
    collect_load(*outcome.load, block);
    // Accepted is not completed: only what was completed counts.
    if (block.window_s > 0) {
      block.tps -= static_cast<double>(outcome.failed_later) / block.window_s;
    }
  }
  collect_usage(outcome, block);
  collect_stores(outcome, block);
  for (const auto& injected : outcome.injected) {
    block.injected.push_back({injected.what, seconds(injected.at)});
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
