#include "core/telemetry/timing.hpp"

namespace stampede::telemetry {

void Timing::record(std::chrono::nanoseconds value) {
  histogram.record(value);
  sum_seconds += std::chrono::duration<double>(value).count();
}

void Timing::merge(const Timing& other) {
  histogram.merge(other.histogram);
  sum_seconds += other.sum_seconds;
}

}  // namespace stampede::telemetry
