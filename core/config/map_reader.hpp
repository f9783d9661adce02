// Reads one map of a Tree strictly: every value is converted and checked, every key that nobody
// asked for is a fault, and reading goes on after a fault so that all are found. Each read returns
// the fallback after a fault. Lives on the stack while its tree and faults do.

#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::config {

template <typename Value>
using Choices = std::span<const std::pair<std::string_view, Value>>;

class MapReader {
 public:
  // `path` is the dotted path of this map, "" for the root. A tree that is null reads as an empty
  // map; one that is no map is a fault.
  MapReader(const Tree* tree, std::string path, Faults& faults);

  bool has(std::string_view key) const;

  // The child, marked as known; null when absent. Whoever takes it checks it.
  const Tree* child(std::string_view key);
  // A reader for a child map.
  MapReader map(std::string_view key);

  std::string text(std::string_view key, std::string_view fallback);
  std::int64_t integer(std::string_view key, std::int64_t fallback,
                       std::int64_t lowest = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t highest = std::numeric_limits<std::int64_t>::max());
  double real(std::string_view key, double fallback, double lowest, double highest);
  bool boolean(std::string_view key, bool fallback);
  std::chrono::nanoseconds duration(
      std::string_view key, std::chrono::nanoseconds fallback,
      std::chrono::nanoseconds lowest = std::chrono::nanoseconds(0),
      std::chrono::nanoseconds highest = std::chrono::nanoseconds::max());
  std::vector<std::string> texts(std::string_view key);  // A list of scalars, or one scalar.

  template <typename Value>
  Value choice(std::string_view key, Value fallback, Choices<Value> choices) {
    const auto* found = scalar(key);
    if (found == nullptr) return fallback;
    std::vector<std::string> names;
    for (const auto& [name, value] : choices) {
      if (found->scalar == name) return value;
      names.emplace_back(name);
    }
    not_a_choice(key, *found, names);
    return fallback;
  }

  // A fault when the key is absent.
  void require(std::string_view key);

  // A fault at this key (at the map itself when the key is absent).
  void fault(std::string_view key, std::string message);

  // Reports each key that was never asked for, with the nearest known one. Call it last.
  void finish();

  const std::string& path() const { return path_; }
  std::string path_of(std::string_view key) const;

 private:
  // The scalar at `key`, marked as known; null when absent, or (a fault) when it is no scalar.
  const Tree* scalar(std::string_view key);
  void not_a_choice(std::string_view key, const Tree& found, const std::vector<std::string>& names);
  template <typename Value, typename Parse>
  Value checked(std::string_view key, Value fallback, Parse parse, std::string_view expected);

  const Tree* tree_;
  const std::string path_;
  Faults& faults_;
  std::vector<std::string> known_;
};

}  // namespace stampede::config
