// Exports the PostgreSQL store.

#include "core/plugin/export.hpp"
#include "plugins/stores/postgres/store.hpp"

STAMPEDE_PLUGIN(stampede::stores::postgres::PostgresStore, stampede::Store, "postgres",
                "PostgreSQL; instances share it, and each transaction commits with one call",
                stampede::stores::postgres::kOptions)
