// run.json: a RunResult as a file. docs/results.md describes it. Durations are nanoseconds unless
// the key ends in _s (seconds); shares are 0..1.
//
// Safe to call from any thread.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/api/result.hpp"
#include "experiments/report/result.hpp"

namespace stampede::report {

// JSON on one line (histograms would fill thousands); ends with a newline.
std::string to_json(const RunResult& run);

// kInvalid: no JSON, another schema, a key that is missing or of another type (told by its path).
// Keys that this version does not know are ignored.
Result<RunResult> from_json(std::string_view text);

// Writes beside the target and renames, so that a reader never sees half a file. kUnavailable.
Result<void> write_file(const std::filesystem::path& file, const std::string& text);

// kNotFound, kUnavailable, or as from_json(), with the file's name.
Result<RunResult> read_result(const std::filesystem::path& file);

}  // namespace stampede::report
