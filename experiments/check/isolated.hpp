// Runs a check in a process of its own, so that a plugin that crashes or hangs is a finding like
// any other, and the next check starts afresh.
//
// The caller has one thread only: its copy goes on in the new process.

#pragma once

#include <chrono>

#include "experiments/check/check.hpp"

namespace stampede::check {

// Throws std::system_error when there is no process to be had.
Report run_isolated(const Check& check, const Subject& subject, std::chrono::seconds limit);

}  // namespace stampede::check
