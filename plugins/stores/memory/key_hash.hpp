// Finds by any kind of text. Keys of one load share a long beginning, which is what an ordered map
// would compare again and again.

#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace stampede::stores::memory {

struct KeyHash {
  using is_transparent = void;  // NOLINT(readability-identifier-naming): the library asks for it.
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};

}  // namespace stampede::stores::memory
