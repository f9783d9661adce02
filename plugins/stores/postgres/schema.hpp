// Makes a schema ready for the store: created when it is missing, at the newest version, with the
// indexes that the options ask for. Nothing outside the schema is touched.

#pragma once

#include <span>

#include "plugins/stores/postgres/connection.hpp"

namespace stampede::stores::postgres {

// All or nothing, one instance at a time. kInvalid for a schema of another program and for one of a
// newer version.
Result<void> prepare_schema(Connection& connection, const Options& options,
                            std::span<const NamedText> migrations = kMigrations);

}  // namespace stampede::stores::postgres
