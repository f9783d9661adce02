// Exports the SQLite store.

#include "core/plugin/export.hpp"
#include "plugins/stores/sqlite/store.hpp"

STAMPEDE_PLUGIN(stampede::stores::sqlite::SqliteStore, stampede::Store, "sqlite",
                "One file in WAL mode; one writer commits the write sets of many callers at once",
                stampede::stores::sqlite::kOptions)
