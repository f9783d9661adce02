// Places many orders with one call of place_orders(). Belongs to one thread; what is passed in
// outlives the call.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/api/store.hpp"
#include "plugins/stores/postgres/connection.hpp"

namespace stampede::stores::postgres {

inline constexpr std::size_t kMostPlacements = 64;

// As BatchStore::place(), on this connection.
std::vector<Result<Outcome>> place_batch(Connection& connection,
                                         std::span<Placement* const> placements,
                                         const Context& context);

}  // namespace stampede::stores::postgres
