// Where the results of one run are kept.

#pragma once

#include <filesystem>
#include <string>

#include "core/api/result.hpp"
#include "experiments/plan/experiment.hpp"
#include "experiments/report/result.hpp"

namespace stampede::runner {

// "2026-01-31T12:00:00Z"
std::string timestamp_now();

// A new, empty folder below results/<experiment>, named by the time.
Result<std::filesystem::path> make_run_folder(const std::filesystem::path& results,
                                              const std::string& experiment);

// The newest run of the experiment, read back. kInvalid when there is none, or when it was another
// experiment than this one.
struct Found {
  std::filesystem::path folder;
  report::RunResult result;
};
Result<Found> find_resumable(const std::filesystem::path& results,
                             const plan::Experiment& experiment);

// Writes run.json, whole or not at all, and points results/latest at the run.
Result<void> save(const report::RunResult& result, const std::filesystem::path& folder);

}  // namespace stampede::runner
