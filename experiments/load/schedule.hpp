// When iterations arrive and how many virtual users there are: pure functions of the plan, as
// offsets from the start of the run. A warm-up comes first, at the value the stages begin with.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "experiments/load/plan.hpp"

namespace stampede::load {

// The arrivals of an open load. Along a line whose rate goes from r0 to r1 in d, arrival n comes
// at t = (sqrt(r0^2 + 2an) - r0) / a with a = (r1 - r0) / d, evaluated as 2n / (r0 + sqrt(...)),
// which keeps its digits where a is small and holds for a = 0.
class ArrivalSchedule {
 public:
  // Rates are per second.
  ArrivalSchedule(double start_rate, std::span<const Stage> stages);

  // The offset of the next arrival; nothing after the last one. Rises or stays.
  std::optional<Duration> next();

 private:
  struct Line {
    double begins;  // Seconds.
    double lasts;
    double from;  // Arrivals per second.
    double to;
    double before;  // Arrivals before this line.
    double count() const { return (from + to) / 2 * lasts; }
  };
  std::vector<Line> lines_;
  std::size_t line_ = 0;
  std::uint64_t index_ = 0;
};

// The plan's open executor, with its warm-up.
ArrivalSchedule arrivals_of(const LoadPlan& plan);

struct VuStep {
  Duration offset{0};
  std::int64_t vus = 0;  // From here on.
  bool operator==(const VuStep&) const = default;
};

// Along a line from a to b the number changes |b - a| times, at equal distances, the last time at
// the line's end. As k6 plans its ramping-vus.
std::vector<VuStep> vu_steps(std::int64_t start, std::span<const Stage> stages);

// The plan's closed executor, with its warm-up.
std::vector<VuStep> vu_steps_of(const LoadPlan& plan);

// The most virtual users the plan can have at once.
std::int64_t most_vus(const LoadPlan& plan);

// Warm-up and window of a plan that is bounded by time; warm-up and maximum otherwise.
Duration planned_length(const LoadPlan& plan);

}  // namespace stampede::load
