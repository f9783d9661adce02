// A histogram, and the exact sum that its buckets cannot give. A plain value.

#pragma once

#include <chrono>

#include "core/api/histogram.hpp"

namespace stampede::telemetry {

struct Timing {
  Histogram histogram;
  double sum_seconds = 0;

  void record(std::chrono::nanoseconds value);
  void merge(const Timing& other);
};

}  // namespace stampede::telemetry
