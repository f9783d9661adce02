// Readings as a page in the Prometheus text format, version 0.0.4.

#pragma once

#include <string>

#include "core/telemetry/readings.hpp"

namespace stampede::telemetry {

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_page(const Readings& readings);

}  // namespace stampede::telemetry
