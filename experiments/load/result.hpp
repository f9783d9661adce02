// What a load measured. Plain values.
//
// A request belongs to the window when it was sent in it, and its answer is waited for beyond the
// window's end, as long as the plan's graceful stop: what is still open then is censored. Rates are
// of answers that came within the window, whenever their requests were sent: at a steady load as
// many requests are open when it begins as when it ends, and counting by sending alone would take
// the latter away from slow variants.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/api/histogram.hpp"
#include "experiments/load/ledger.hpp"
#include "experiments/load/outcome.hpp"
#include "experiments/load/plan.hpp"

namespace stampede::load {

struct Measure {
  std::array<std::uint64_t, kOutcomeCount> outcomes{};  // By OutcomeKind, of the window.
  // Of the answers and timeouts of requests sent in the window. Latency counts from the intended
  // send time: under open load the arrival, so that a stalled server or a missing user is not left
  // out (coordinated omission). Service time counts from the actual one.
  Histogram latency;
  Histogram success_latency;  // Latency of successes alone.
  Histogram service;
  std::uint64_t answered = 0;   // Answers that came within the window,
  std::uint64_t succeeded = 0;  // and the successes among them.

  std::uint64_t count(OutcomeKind kind) const { return outcomes[static_cast<std::size_t>(kind)]; }
  std::uint64_t sent() const;
  void merge(const Measure& other);
};

struct StepResult {
  std::string name;
  OperationKind kind = OperationKind::kRead;
  Measure measure;
};

struct JourneyResult {
  std::string name;
  Measure measure;  // Of all its steps.
  std::vector<StepResult> steps;
  // Iterations that ended within the window: all steps succeeded, or one did not.
  std::uint64_t completed = 0;
  std::uint64_t broken_off = 0;
  Histogram iteration;  // Duration of the completed ones, from the intended start.
};

struct Second {
  std::uint64_t answered = 0;
  std::uint64_t successes = 0;
  std::uint64_t errors = 0;  // Errors, timeouts and resets.
  std::int64_t vus = 0;      // At its end: active, or busy under open load.
  Duration p95{0};           // Latency of its answers.
};

// How well the generator did its own part.
struct GeneratorHealth {
  Histogram lateness;          // From an arrival's time until the generator noticed it.
  double cpu = 0;              // Share of one CPU that it used over the window.
  double waiting_for_cpu = 0;  // Share of the window that it was ready to run and did not.
  double saturated_share = 0;  // Of the window's tenths of a second, see `saturated`.
  std::uint64_t dropped = 0;   // Arrivals that were never sent: the backlog was full, or the end.
  double backlog_share = 0;    // Of the window, with arrivals waiting for a free user.
  // The load was not the one that was asked for: an arrival of the window was dropped, or over 5 %
  // of its tenths of a second were saturated, that is, the generator's thread was running or ready
  // to run for 95 % of it, or noticed an arrival more than 10 ms late.
  bool saturated = false;
};

struct Connections {
  std::uint64_t opened = 0;
  std::uint64_t failed = 0;  // Attempts that did not succeed.
  std::uint64_t reused = 0;  // Requests on a connection that had carried one before.
};

struct LedgerCost {
  std::uint64_t records = 0;
  double bytes_per_record = 0;
  // The median of both calls, timed for one record in 32: a mean would be of the thread's pauses.
  double nanoseconds_per_record = 0;
};

struct LoadResult {
  std::string executor;
  Duration window{0};  // Its length in fact: less than planned after a stop.
  Measure overall;
  std::vector<JourneyResult> journeys;
  std::vector<std::pair<std::string, std::uint64_t>> refusals;  // By code, of the window.
  std::vector<std::pair<std::string, std::uint64_t>> faults;    // By what was seen.
  std::vector<std::pair<std::string, Histogram>> phases;        // From Server-Timing, sampled.
  std::vector<Second> timeline;  // From the start of the run; the warm-up is a part of it.
  std::uint64_t iterations = 0;  // Begun, warm-up included.
  double average_vus = 0;        // Active, over the window; under open load the busy ones.
  double average_in_flight = 0;  // Requests, over the window.
  Duration mean_think{0};        // Per iteration.
  GeneratorHealth generator;
  Connections connections;
  LedgerCost ledger_cost;
  bool stopped = false;  // Before its planned end.
  Ledger ledger;

  double seconds() const { return std::chrono::duration<double>(window).count(); }
  double answers_per_second() const;
  // Successful orders, issued coupons and charges a second, if the load has any; otherwise all
  // successes. Accepted (202) counts: only an audit knows what became of it.
  double goodput() const;
};

}  // namespace stampede::load
