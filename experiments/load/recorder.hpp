// Collects what a load does into a LoadResult. Knows no sockets: times are offsets from the start
// of the run. Used by one thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/load/result.hpp"

namespace stampede::load {

// One request, once it is over.
struct Exchange {
  std::size_t step = 0;
  Duration intended{0};
  Duration sent{0};
  Duration completed{0};
  OutcomeKind outcome = OutcomeKind::kSuccess;
  std::string_view code;   // Of a refusal.
  std::string_view fault;  // What was seen, when it was an error, timeout or reset.
};

class Recorder {
 public:
  // The window's end may come earlier than planned, see end_window().
  Recorder(const JourneyBook& book, Duration window_begin, Duration window_end);

  // From now on nothing is in the window: what is sent later is out.
  void end_window(Duration now);
  bool in_window(Duration when) const { return when >= begin_ && when < end_; }
  Duration window_begin() const { return begin_; }
  Duration window_end() const { return end_; }

  void exchange(const Exchange& exchange);
  // An iteration ended: with success, or at the step that failed.
  void iteration(std::size_t journey, Duration intended, Duration completed, bool success);
  void thought(Duration wanted);

  // Whether to look at this response's Server-Timing: all of the first thousand of a second, then
  // one in 16.
  bool samples_phases(Duration now);
  void phases(std::string_view server_timing);

  // Virtual users that are active from now on.
  void vus(Duration now, std::int64_t count);

  // Rolls the timeline on. Call it every now and then; exchange() does.
  void advance(Duration now);

  const std::vector<Second>& timeline() const { return timeline_; }
  std::uint64_t answered() const { return total_answered_; }
  std::uint64_t successes() const { return total_successes_; }
  std::uint64_t errors() const { return total_errors_; }

  // Everything but the generator's own part and the ledger.
  void write_to(LoadResult& result, Duration finished);

 private:
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;
  static void count(Counts& counts, std::string_view name);
  Duration overlap(Duration from, Duration until) const;
  void note_second(const Exchange& exchange, bool answered);

  const JourneyBook& book_;
  Duration begin_;
  Duration end_;
  std::vector<JourneyResult> journeys_;
  std::vector<StepResult*> steps_;  // By the book's index.
  Counts refusals_;
  Counts faults_;
  std::vector<std::pair<std::string, Histogram>> phases_;
  std::uint64_t phase_responses_ = 0;

  std::vector<Second> timeline_;
  Second second_;
  Histogram second_latency_;

  std::uint64_t total_answered_ = 0;
  std::uint64_t total_successes_ = 0;
  std::uint64_t total_errors_ = 0;
  double in_flight_ns_ = 0;
  double vu_ns_ = 0;
  std::int64_t vus_ = 0;
  Duration vus_since_{0};
  double think_ns_ = 0;
  std::uint64_t thoughts_ = 0;
};

}  // namespace stampede::load
