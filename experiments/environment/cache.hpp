// Where the bench keeps what is worth keeping between runs: ${XDG_CACHE_HOME:-~/.cache}/stampede.

#pragma once

#include <filesystem>

#include "core/api/result.hpp"

namespace stampede::environment {

// Made when missing, for this user only. kUnavailable when there is no home or it is read-only.
Result<std::filesystem::path> cache_folder();

}  // namespace stampede::environment
