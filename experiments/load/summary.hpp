// A LoadResult for people and for scripts. Pure.

#pragma once

#include <string>

#include "experiments/load/result.hpp"

namespace stampede::load {

// A table of at most 100 columns.
std::string summary_text(const LoadResult& result);

// One JSON object. Durations are in microseconds, rates per second, shares 0..1.
std::string summary_json(const LoadResult& result);

}  // namespace stampede::load
