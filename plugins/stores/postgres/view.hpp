// A read view: one snapshot on a connection of the pool. Belongs to one thread; the pool outlives
// it.

#pragma once

#include <memory>

#include "core/api/store.hpp"
#include "plugins/stores/postgres/connection.hpp"
#include "plugins/stores/postgres/pool.hpp"

namespace stampede::stores::postgres {

Result<std::unique_ptr<ReadView>> make_view(Pool<Connection>::Lease lease);

}  // namespace stampede::stores::postgres
