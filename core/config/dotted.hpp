// Dotted paths of configuration keys: "store.pool.max" and what they stand for. Pure.

#pragma once

#include <string>
#include <string_view>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::config {

// The path of `key` in the map at `path`, which is "" for the root.
std::string key_path(std::string_view path, std::string_view key);

// Writes dotted keys as nested maps: {pool.max: 10} becomes {pool: {max: 10}}. A key that is given
// both ways is a fault, at `path` and below.
Tree nested(const Tree& tree, const std::string& path, Faults& faults);

// Puts `value` at a dotted key of the map at `path`, making maps on the way. Something there
// already, unless both are maps, is a fault.
void put_nested(Tree& map, std::string_view key, Tree value, const std::string& path,
                Faults& faults);

}  // namespace stampede::config
