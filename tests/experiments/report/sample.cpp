#include "tests/experiments/report/sample.hpp"

#include <gtest/gtest.h>

#include "experiments/plan/read_experiment.hpp"
#include "experiments/report/evaluate.hpp"

namespace stampede::report {
namespace {

using std::chrono::milliseconds;

Histogram around(int median_ms, int count) {
  Histogram histogram;
  for (int i = 0; i < count; ++i) {
    histogram.record(std::chrono::microseconds(median_ms * (500 + 1000 * i / count)));
  }
  return histogram;
}

}  // namespace

plan::Experiment sample_experiment(const std::string& more_yaml) {
  const std::string yaml = R"(experiment: sample
question: What does a lock per user buy?
documented: {source: S2, evidence: measured, metric: tps, before: 7.54, after: 25.68, note: step log}
base: {store: {use: sqlite}}
load: {executor: constant-vus, vus: 20, warmup: 1s, duration: 2s}
variants:
  global: {lock: {use: global}}
  per_user: {lock: {use: per_user}}
thresholds: ["p(95) < 2s"]
)" + more_yaml;
  config::Faults faults;
  auto tree = config::parse_yaml(yaml, "sample.yaml", faults);
  EXPECT_TRUE(tree) << config::describe(faults);
  auto experiment = plan::experiment_from(*tree, {}, {}, faults);
  EXPECT_TRUE(experiment) << config::describe(faults);
  return *experiment;
}

Block sample_block(std::size_t number, double tps, int median_ms) {
  Block block;
  block.block = number;
  block.position = number % 2;
  block.state = State::kDone;
  block.started_at = "2026-01-31T12:00:00Z";
  block.window_s = 2;
  block.warmup_s = 1;
  block.tps = tps;
  block.rps = tps + 1;
  block.outcomes = {.success = static_cast<std::uint64_t>(tps * 2), .refusal = 2, .skipped = 1};
  block.latency = around(median_ms, 200);
  block.service = around(median_ms, 200);
  block.refusals = {{"INSUFFICIENT_STOCK", 2}};
  block.phases = {{"lock", around(median_ms / 2, 100)}, {"store", around(2, 100)}};
  block.queries = {{"take_stock", 100, milliseconds(1), milliseconds(3)}};
  block.gauges = {{"wal_pages", 12.5}};
  block.pool = {.active = 1, .idle = 15, .pending = 0, .timeouts = 0};
  block.server = {.cpu_s = tps * 2 * 0.001,
                  .resident_bytes = 50'000'000,
                  .voluntary_switches = 100,
                  .involuntary_switches = 3};
  block.bench = {.cpu_s = 0.1, .resident_bytes = 20'000'000};
  block.processes = {
      {.name = "server",
       .use = block.server,
       .samples = {.at_s = {1.0, 2.0}, .cpu = {0.5, 0.6}, .resident_bytes = {1, 2}}},
      {.name = "postgres", .use = {.cpu_s = 0.2, .written_bytes = 8'192}, .samples = {}}};
  block.generator = {.cpu = 0.1, .lateness_p50 = Nanoseconds(1000)};
  block.ledger = {.records = 90, .bytes_per_record = 96, .nanoseconds_per_record = 150};
  block.foreign_cpu = 0.05;
  block.average_vus = 20;
  block.iterations_per_s = tps;
  block.mean_iteration_s = 20 / tps;
  block.timeline = {{10, 10, 0, 20, milliseconds(5)}, {20, 19, 1, 20, milliseconds(6)}};
  block.audits = {
      {"oversold", plan::AuditState::kPass, "90 sold of 1000", {}, false},
      {"fairness", plan::AuditState::kFail, "3 inversions", {"order 5 before order 4"}, true}};
  return block;
}

RunResult sample_run(const plan::Experiment& experiment) {
  RunResult run = begin_result(experiment);
  run.run = "20260131-120000";
  run.started_at = "2026-01-31T12:00:00Z";
  run.finished_at = "2026-01-31T12:01:00Z";
  run.command = {"stampede", "run", "sample.yaml"};
  run.environment = {.cpu = "A CPU",
                     .processors = 2,
                     .memory_bytes = 8'000'000'000,
                     .kernel = "6.1.0",
                     .system = "Debian GNU/Linux 12",
                     .git_commit = "abc1234",
                     .versions = {{"stampede", "0.1.0"}},
                     .warnings = {}};
  constexpr double kNoise[] = {1.00, 1.03, 0.98, 1.01, 0.97, 1.02};
  for (std::size_t block = 0; block < 6; ++block) {
    run.cells[0].blocks.push_back(sample_block(block, 45 * kNoise[block], 440));
    run.cells[1].blocks.push_back(sample_block(block, 800 * kNoise[5 - block], 25));
  }
  evaluate(experiment, run);
  return run;
}

}  // namespace stampede::report
