// Everything that a run measured and concluded: the model behind run.json, the terminal table and
// report.md. Plain data. Whoever runs the experiment begins with begin_result(), fills
// `environment` and each cell's `blocks`, and calls evaluate() (evaluate.hpp), which fills the
// rest.
//
// docs/results.md describes the file that it is written to.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/histogram.hpp"
#include "experiments/plan/experiment.hpp"
#include "experiments/stats/claim.hpp"
#include "experiments/stats/comparison.hpp"

namespace stampede::report {

inline constexpr int kSchema = 2;

using Nanoseconds = std::chrono::nanoseconds;

// Of the requests that were sent within the measured window.
struct Outcomes {
  std::uint64_t success = 0;
  std::uint64_t refusal = 0;  // A correct business "no".
  std::uint64_t skipped = 0;  // Not found, and not expected to be: nothing was learned.
  std::uint64_t error = 0;
  std::uint64_t timeout = 0;
  std::uint64_t reset = 0;     // The connection broke.
  std::uint64_t censored = 0;  // Still open when the window ended.

  std::uint64_t faults() const { return error + timeout + reset; }
  std::uint64_t answered() const { return success + refusal + faults(); }
  void add(const Outcomes& other);
};

struct NamedCount {
  std::string name;
  std::uint64_t count = 0;
};

struct NamedValue {
  std::string name;
  double value = 0;
};

struct PhaseTime {
  std::string name;  // "lock"
  Histogram time;    // Per request that had the phase.
};

struct Query {
  std::string name;
  std::int64_t count = 0;
  Nanoseconds mean{0};
  Nanoseconds p95{0};
};

struct Pool {  // Of connections or read views, at the end of the window.
  std::int64_t active = 0;
  std::int64_t idle = 0;
  std::int64_t pending = 0;
  std::int64_t timeouts = 0;  // Within the window.
};

struct ProcessUse {  // Within the window, but for the memory.
  double cpu_s = 0;
  std::int64_t resident_bytes = 0;
  std::int64_t voluntary_switches = 0;
  std::int64_t involuntary_switches = 0;
  std::int64_t read_bytes = 0;  // Storage.
  std::int64_t written_bytes = 0;
  std::int64_t received_bytes = 0;  // TCP.
  std::int64_t sent_bytes = 0;
};

// What a process used second by second, from the start of the load. Lists of one length; each value
// covers the time since the one before, but for the memory.
struct ProcessSamples {
  std::vector<double> at_s;
  std::vector<double> cpu;  // Share of one CPU.
  std::vector<std::int64_t> resident_bytes;
  std::vector<std::int64_t> voluntary_switches;
  std::vector<std::int64_t> involuntary_switches;
  std::vector<std::int64_t> read_bytes;
  std::vector<std::int64_t> written_bytes;
  std::vector<std::int64_t> received_bytes;
  std::vector<std::int64_t> sent_bytes;
};

struct ProcessRecord {
  std::string name;  // "server", "server 2", "postgres", "redis 1", "generator"
  ProcessUse use;
  ProcessSamples samples;
};

// How well the load generator did its own part.
struct Generator {
  double cpu = 0;              // Share of one CPU.
  double waiting_for_cpu = 0;  // Share of the window.
  double saturated_share = 0;  // Share of the window.
  double backlog_share = 0;    // Share of the window with arrivals waiting for a free user.
  std::uint64_t dropped = 0;   // Arrivals that were never sent.
  bool saturated = false;      // It could not drive the cell: such a cell is not ranked.
  Nanoseconds lateness_p50{0};
  Nanoseconds lateness_p99{0};
  Nanoseconds lateness_max{0};
};

struct LedgerCost {
  std::uint64_t records = 0;
  double bytes_per_record = 0;
  double nanoseconds_per_record = 0;
};

struct Second {
  std::uint64_t answered = 0;
  std::uint64_t successes = 0;
  std::uint64_t errors = 0;
  std::int64_t vus = 0;
  Nanoseconds p95{0};
};

struct Audit {
  std::string name;  // "oversold"
  plan::AuditState state = plan::AuditState::kUnknown;
  std::string summary;                // One line with the numbers that it rests on.
  std::vector<std::string> evidence;  // The first violations.
  bool informative = false;           // Counts only where the experiment says what it expects.
};

enum class State {
  kDone,
  kFailed,         // The server died, or the environment did not do what it should.
  kNotApplicable,  // Refused before any load: this lock does not run on this store.
  kSkipped,        // This machine does not have what it needs: it says nothing, and passes nothing.
  kMissing,        // Not run yet: the run was interrupted.
};

// One cell in one block: a fresh server, a load, a drain, the audits.
struct Block {
  std::size_t block = 0;     // From 0.
  std::size_t position = 0;  // Within the order of the block, from 0.
  State state = State::kMissing;
  std::string failure;     // When failed: what happened, with the server's last log lines.
  std::string started_at;  // "2026-01-31T12:00:00Z"
  double window_s = 0;     // The measured window.
  double warmup_s = 0;     // The part of `timeline` before it.
  double tps = 0;          // Successes a second: completed orders, issued coupons, charges.
  double rps = 0;          // All answers a second.
  Outcomes outcomes;
  Histogram latency;                 // From the intended send time, of every answer.
  Histogram service;                 // From the actual send time.
  std::vector<NamedCount> refusals;  // By code.
  std::vector<NamedCount> faults;    // By what was seen.
  std::vector<PhaseTime> phases;
  std::vector<Query> queries;  // The slowest named queries of the store.
  std::vector<NamedValue> gauges;
  Pool pool;
  ProcessUse server;                     // All instances together.
  ProcessUse bench;                      // This process: the generator and what watches it.
  std::vector<ProcessRecord> processes;  // The same ones apart, and the private servers.
  Generator generator;
  LedgerCost ledger;
  double foreign_cpu = 0;  // Share of the machine that other processes used.
  bool closed_loop = true;
  double average_vus = 0;
  double iterations_per_s = 0;
  double mean_iteration_s = 0;
  double mean_think_s = 0;
  std::vector<Second> timeline;
  std::vector<Audit> audits;
};

// A quantile over all blocks.
struct Quantile {
  std::string name;  // "p95"
  Nanoseconds value{0};
  bool certain = true;  // False: requests that were open at the end could change it.
};

struct AuditSummary {
  std::string name;
  plan::AuditState state = plan::AuditState::kUnknown;  // The worst of all blocks.
  std::string expected;  // "pass", "fail", "any"; empty when the experiment says nothing.
  bool as_expected = true;
  bool informative = false;
  std::string summary;                // Of the first block with that state,
  std::vector<std::string> evidence;  // and its evidence.
};

struct MetricComparison {
  std::string metric;  // "tps"
  stats::Comparison comparison;
};

struct ThresholdOutcome {
  std::string text;
  bool met = false;
  std::string actual;
};

struct ProcessTotal {
  std::string name;
  double cpu_per_order_s = 0;       // 0 when there was no good order.
  std::int64_t resident_bytes = 0;  // The most of any block.
  ProcessUse use;                   // Over all windows.
};

// One cell over all its blocks. Histograms are merged; percentiles are never averaged.
struct Summary {
  std::size_t blocks = 0;  // That were measured.
  double window_s = 0;
  double tps = 0;
  double rps = 0;
  Outcomes outcomes;
  Nanoseconds mean{0};
  std::vector<Quantile> quantiles;  // p50, p90, p95, p99, p99.9.
  double cpu_per_order_s = 0;       // Of the server; 0 when there was no good order.
  double server_cpu_s = 0;
  std::vector<ProcessTotal> processes;
  bool saturated = false;
  std::vector<PhaseTime> phases;
  std::vector<Query> queries;  // Counts added; mean weighted; p95 of the worst block.
  std::vector<NamedCount> refusals;
  std::vector<NamedCount> faults;
  std::vector<AuditSummary> audits;
  std::vector<ThresholdOutcome> thresholds;
  std::vector<MetricComparison> comparisons;  // With the baseline; empty for the baseline itself.

  const Quantile* quantile(const std::string& name) const;
  const stats::Comparison* comparison(const std::string& metric) const;
  bool has_failed_audit() const;  // Whether expected or not; informative ones aside.
  bool audits_as_expected() const;
  bool thresholds_met() const;
};

struct Cell {
  std::string name;
  std::string folder;
  std::vector<std::pair<std::string, std::string>> values;  // What sets it apart.
  std::string server;                                       // Its complete config as YAML.
  std::string load;                                         // Its load block as YAML.
  std::string data;                                         // Its seed as JSON.
  std::string bench;  // What it asks of the bench, as YAML; "" for nothing.
  std::string state_reason;
  State state = State::kMissing;  // Of the worst block.
  std::vector<Block> blocks;
  Summary summary;
};

struct Environment {
  std::string cpu;
  int processors = 0;
  std::int64_t memory_bytes = 0;
  std::string kernel;
  std::string system;
  std::string git_commit;  // Empty when built outside a repository; "-dirty" at its end if so.
  std::vector<std::pair<std::string, std::string>> versions;  // "stampede": "0.1.0", "g++": ...
  std::vector<std::string> warnings;  // "one CPU: server and generator share it"
};

struct DocumentedResult {
  std::string source;
  std::string evidence;
  std::string metric;
  std::string before;
  std::string after;
  std::string note;
  std::string from;  // The cells that stand for before and after.
  std::string to;
  std::string finding;  // "reproduced"; empty when the claim cannot be judged by figures.
  std::string because;
};

// What one axis of a full factorial is worth, over all values of the others (stats/factorial.hpp).
struct FactorEffect {
  std::string metric;  // "tps"
  std::string factor;  // "lock.use"
  std::string from;    // The first of its values,
  std::string to;      // and the last.
  stats::Comparison comparison;
  std::optional<double> share;  // Of the sum of all effects, on a log scale.
};

// By how much the effect of one axis grows when the other is at its last value.
struct FactorInteraction {
  std::string metric;
  std::string first;
  std::string second;
  stats::Comparison comparison;
};

struct RunResult {
  std::string experiment;
  std::string question;
  std::string run;  // Its folder: "20260131-120000".
  std::string started_at;
  std::string finished_at;
  std::vector<std::string> command;  // What was typed.
  bool interrupted = false;
  Environment environment;
  std::uint64_t seed = 0;
  std::size_t blocks = 0;
  double max_foreign_cpu = 0;
  std::vector<std::string> axes;
  std::string baseline;  // Empty when nothing is compared.
  std::string yaml;      // The experiment file.
  std::vector<std::string> notes;
  std::vector<Cell> cells;
  std::vector<FactorEffect> effects;  // Empty unless the matrix is a full factorial.
  std::vector<FactorInteraction> interactions;
  std::optional<DocumentedResult> documented;
  std::string fastest;        // The fastest cell that is correct and meets the thresholds, or "".
  std::string faster_broken;  // A cell with more TPS that is not correct, or "".
  std::vector<std::string> warnings;
  int exit_code = 0;
  std::string exit_reason;
};

std::string_view to_string(State state);
std::optional<State> state_from(std::string_view text);

// The result of an experiment that has not run yet: its cells have no blocks.
RunResult begin_result(const plan::Experiment& experiment);

}  // namespace stampede::report
