// A TCP port of the loopback that nobody listens on. Someone may take it before it is used, so that
// who starts a server on it tries again when that happens.

#pragma once

#include "core/api/result.hpp"

namespace stampede::environment {

Result<int> free_port();

}  // namespace stampede::environment
