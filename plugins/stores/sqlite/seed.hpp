// Writes a Seed in one transaction: all or nothing. Runs on the writer's thread.

#pragma once

#include "core/api/store.hpp"
#include "plugins/stores/sqlite/connection.hpp"

namespace stampede::stores::sqlite {

// kInvalid when the seed contradicts itself or the store holds anything.
Result<void> write_seed(Connection& connection, const Seed& seed);

}  // namespace stampede::stores::sqlite
