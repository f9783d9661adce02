// report.md: the run for people who were not there. Pure.

#pragma once

#include <string>

#include "experiments/report/result.hpp"

namespace stampede::report {

std::string markdown_report(const RunResult& run);

}  // namespace stampede::report
