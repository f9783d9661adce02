#include "experiments/load/recorder.hpp"

#include <algorithm>

#include "experiments/load/server_timing.hpp"

namespace stampede::load {

namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
constexpr std::size_t kMostNames = 64;  // Of codes, faults and phases: a server could make up more.

bool is_fault(OutcomeKind kind) {
  return kind == OutcomeKind::kError || kind == OutcomeKind::kTimeout ||
         kind == OutcomeKind::kReset;
}

}  // namespace

Recorder::Recorder(const JourneyBook& book, Duration window_begin, Duration window_end)
    : book_(book), begin_(window_begin), end_(window_end) {
  for (const auto& journey : book_.journeys()) {
    auto& result = journeys_.emplace_back();
    result.name = journey.name;
    for (std::size_t i = 0; i < journey.step_count; ++i) {
      const auto& spec = book_.steps()[journey.first_step + i].spec;
      result.steps.push_back({spec.name, spec.kind, {}});
    }
  }
  for (auto& journey : journeys_) {
    for (auto& step : journey.steps) steps_.push_back(&step);
  }
}

void Recorder::end_window(Duration now) { end_ = std::min(end_, std::max(begin_, now)); }

Duration Recorder::overlap(Duration from, Duration until) const {
  return std::max(Duration(0), std::min(until, end_) - std::max(from, begin_));
}

void Recorder::exchange(const Exchange& exchange) {
  const bool answered = exchange.outcome != OutcomeKind::kTimeout &&
                        exchange.outcome != OutcomeKind::kReset &&
                        exchange.outcome != OutcomeKind::kCensored;
  const bool success = exchange.outcome == OutcomeKind::kSuccess;
  auto& measure = steps_[exchange.step]->measure;
  note_second(exchange, answered);
  in_flight_ns_ += static_cast<double>(overlap(exchange.sent, exchange.completed).count());
  if (answered && in_window(exchange.completed)) {
    ++measure.answered;
    measure.succeeded += success ? 1U : 0U;
  }
  if (!in_window(exchange.sent)) return;
  const auto outcome = exchange.outcome;
  ++measure.outcomes[static_cast<std::size_t>(outcome)];
  if (outcome == OutcomeKind::kCensored) return;
  if (outcome == OutcomeKind::kRefusal) count(refusals_, exchange.code);
  if (is_fault(outcome)) count(faults_, exchange.fault);
  if (!answered && outcome != OutcomeKind::kTimeout) return;
  measure.latency.record(exchange.completed - exchange.intended);
  measure.service.record(exchange.completed - exchange.sent);
  if (success) measure.success_latency.record(exchange.completed - exchange.intended);
}

void Recorder::note_second(const Exchange& exchange, bool answered) {
  advance(exchange.completed);
  const bool fault = is_fault(exchange.outcome);
  const bool success = exchange.outcome == OutcomeKind::kSuccess;
  second_.answered += answered ? 1U : 0U;
  second_.successes += success ? 1U : 0U;
  second_.errors += fault ? 1U : 0U;
  total_answered_ += answered ? 1U : 0U;
  total_successes_ += success ? 1U : 0U;
  total_errors_ += fault ? 1U : 0U;
  if (answered) second_latency_.record(exchange.completed - exchange.intended);
}

void Recorder::advance(Duration now) {
  while (now >= kSecond * static_cast<std::int64_t>(timeline_.size() + 1)) {
    second_.p95 = second_latency_.quantile(0.95);
    second_.vus = vus_;
    if (second_latency_.count() > 0) second_latency_ = Histogram();
    timeline_.push_back(std::exchange(second_, {}));
  }
}

void Recorder::iteration(std::size_t journey, Duration intended, Duration completed, bool success) {
  if (!in_window(completed)) return;
  auto& result = journeys_[journey];
  ++(success ? result.completed : result.broken_off);
  if (success) result.iteration.record(completed - intended);
}

void Recorder::thought(Duration wanted) {
  think_ns_ += static_cast<double>(wanted.count());
  ++thoughts_;
}

bool Recorder::samples_phases(Duration now) {
  constexpr std::uint64_t kWhole = 1'000;
  constexpr std::uint64_t kOneIn = 16;
  if (!in_window(now)) return false;
  ++phase_responses_;
  return second_.answered < kWhole || phase_responses_ % kOneIn == 0;
}

void Recorder::phases(std::string_view server_timing) {
  for_each_server_timing(server_timing, [this](std::string_view name, Duration duration) {
    auto found = std::ranges::find(phases_, name, [](const auto& phase) { return phase.first; });
    if (found == phases_.end()) {
      if (phases_.size() == kMostNames) return;
      found = phases_.insert(phases_.end(), {std::string(name), Histogram()});
    }
    found->second.record(duration);
  });
}

void Recorder::vus(Duration now, std::int64_t count) {
  vu_ns_ += static_cast<double>(vus_) * static_cast<double>(overlap(vus_since_, now).count());
  vus_ = count;
  vus_since_ = now;
}

void Recorder::count(Counts& counts, std::string_view name) {
  auto found = std::ranges::find(counts, name, [](const auto& entry) { return entry.first; });
  if (found == counts.end()) {
    if (counts.size() == kMostNames) return count(counts, counts.back().first);
    found = counts.insert(counts.end(), {std::string(name), 0});
  }
  ++found->second;
}

void Recorder::write_to(LoadResult& result, Duration finished) {
  vus(finished, 0);
  advance(finished);
  // A last part of a second is shown when something happened in it.
  if (second_.answered + second_.errors > 0) advance(finished + kSecond);
  result.window = end_ - begin_;
  const auto length = static_cast<double>(result.window.count());
  result.average_in_flight = length > 0 ? in_flight_ns_ / length : 0;
  result.average_vus = length > 0 ? vu_ns_ / length : 0;
  if (thoughts_ > 0) {
    result.mean_think = Duration(std::llround(think_ns_ / static_cast<double>(thoughts_)));
  }
  for (auto& journey : journeys_) {
    for (const auto& step : journey.steps) journey.measure.merge(step.measure);
    result.overall.merge(journey.measure);
  }
  steps_.clear();
  result.journeys = std::move(journeys_);
  result.refusals = std::move(refusals_);
  result.faults = std::move(faults_);
  result.phases = std::move(phases_);
  result.timeline = std::move(timeline_);
}

}  // namespace stampede::load
