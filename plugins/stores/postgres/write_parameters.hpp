// The commands of a write set as the parameters of apply_writes(). Plain data; belongs to one
// thread.

#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "core/api/store.hpp"
#include "plugins/stores/postgres/parameters.hpp"
#include "plugins/stores/write_set.hpp"

namespace stampede::stores::postgres {

// What is left until the deadline, in whole milliseconds and at least one.
std::int64_t milliseconds_until(Deadline deadline);

// The fences as three arrays: kinds, ids and tokens, by resource.
struct FenceArrays {
  explicit FenceArrays(std::span<const Fence> fences);

  Array kinds;
  Array ids;
  Array tokens;
};

// kInvalid for a set that apply_writes() has no room for: one that empties the carts of two users.
Result<Parameters> write_parameters(std::vector<Command> commands,
                                    const TransactionOptions& options, const Context& context);

}  // namespace stampede::stores::postgres
