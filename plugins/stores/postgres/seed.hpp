// Writes a Seed in one transaction: all or nothing. The rows are copied, not inserted one by one.

#pragma once

#include "core/api/store.hpp"
#include "plugins/stores/postgres/connection.hpp"

namespace stampede::stores::postgres {

// kInvalid when the seed contradicts itself or the store holds anything.
Result<void> write_seed(Connection& connection, const Seed& seed);

}  // namespace stampede::stores::postgres
