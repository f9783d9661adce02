// A TCP port of the loopback that nobody listens on, outside of those that the kernel gives to
// clients: a server that is killed finds its port free when it is started again. Another server may
// take it before it is used, so that who starts one on it tries again when that happens.
//
// Safe for concurrent use.

#pragma once

#include "core/api/result.hpp"

namespace stampede::environment {

// kUnavailable when there is none.
Result<int> free_port();

}  // namespace stampede::environment
