// Dotted paths of configuration keys: "store.pool.max". Pure.

#pragma once

#include <string>
#include <string_view>

namespace stampede::server {

// The path of `key` in the map at `path`, which is "" for the root.
inline std::string key_path(std::string_view path, std::string_view key) {
  std::string joined(path);
  if (!joined.empty()) joined += '.';
  joined += key;
  return joined;
}

}  // namespace stampede::server
