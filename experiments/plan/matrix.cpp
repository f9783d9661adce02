#include "experiments/plan/matrix.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

using config::Tree;

const Tree* value_of(const Values& values, std::string_view key) {
  for (const auto& [name, value] : values) {
    if (name == key) return &value;
  }
  return nullptr;
}

bool is_below(std::string_view key, std::string_view prefix) {
  return key.size() > prefix.size() && key.starts_with(prefix) && key[prefix.size()] == '.';
}

bool overlap(std::string_view a, std::string_view b) { return is_below(a, b) || is_below(b, a); }

void read_axis(Matrix& matrix, const std::string& key, const Tree& value, const std::string& path,
               config::Faults& faults) {
  const std::string full = path + "." + key;
  if (!value.is_list() || value.items.empty()) {
    faults.push_back({value.origin, full, "expected a list of at least one value to try"});
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (!same_value(value.items[i], value.items[k])) continue;
      faults.push_back(
          {value.items[i].origin, full, fmt::format("has {} twice", inline_text(value.items[i]))});
      break;
    }
  }
  for (const Axis& other : matrix.axes) {
    if (!overlap(key, other.key)) continue;
    faults.push_back({value.origin, full, fmt::format("overlaps the axis {}", other.key)});
  }
  matrix.axes.push_back({key, value.items, value.origin});
}

std::vector<Entry> read_entries(const Tree& tree, const std::string& path, config::Faults& faults) {
  std::vector<Entry> entries;
  if (!tree.is_list()) {
    faults.push_back({tree.origin, path, "expected a list of maps"});
    return entries;
  }
  for (const Tree& item : tree.items) {
    if (item.is_map() && !item.entries.empty()) {
      entries.push_back({item.entries, item.origin});
    } else {
      faults.push_back({item.origin, path, "expected a map of at least one key and its value"});
    }
  }
  return entries;
}

void check_exclude(const Matrix& matrix, const std::string& path, config::Faults& faults) {
  std::vector<std::string> keys;
  for (const Axis& axis : matrix.axes) keys.push_back(axis.key);
  for (const Entry& entry : matrix.exclude) {
    for (const auto& [key, value] : entry.values) {
      if (std::ranges::find(keys, key) != keys.end()) continue;
      faults.push_back({value.origin, fmt::format("{}.exclude.{}", path, key),
                        "is not an axis of this matrix" + config::suggestion(key, keys)});
    }
  }
}

void check_include(const Matrix& matrix, const std::string& path, config::Faults& faults) {
  for (const Entry& entry : matrix.include) {
    for (const auto& [key, value] : entry.values) {
      for (const Axis& axis : matrix.axes) {
        if (!overlap(key, axis.key)) continue;
        faults.push_back({value.origin, fmt::format("{}.include.{}", path, key),
                          fmt::format("overlaps the axis {}; write the keys out", axis.key)});
      }
    }
  }
}

std::vector<Combination> multiply(const std::vector<Axis>& axes) {
  if (axes.empty()) return {};
  std::vector<Combination> product{{}};
  for (const Axis& axis : axes) {
    std::vector<Combination> next;
    for (const Combination& combination : product) {
      for (const Tree& value : axis.values) {
        next.push_back(combination);
        next.back().values.emplace_back(axis.key, value);
        ++next.back().from_axes;
      }
    }
    product = std::move(next);
  }
  return product;
}

bool has_all(const Combination& combination, const Values& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& wanted_value) {
    const Tree* value = value_of(combination.values, wanted_value.key);
    return value != nullptr && same_value(*value, wanted_value.value);
  });
}

// Whether an include entry can be added without overwriting a value of the axes.
bool fits(const Combination& combination, const Values& added) {
  for (std::size_t i = 0; i < combination.from_axes; ++i) {
    const auto& [key, value] = combination.values[i];
    const Tree* other = value_of(added, key);
    if (other != nullptr && !same_value(value, *other)) return false;
  }
  return true;
}

void add_to(Combination& combination, const Values& added) {
  for (const auto& [key, value] : added) {
    const auto present = std::ranges::find(combination.values, key, &Tree::Entry::key);
    if (present == combination.values.end()) {
      combination.values.emplace_back(key, value);
    } else {
      present->value = value;
    }
  }
}

// The number of combinations, capped so that it cannot overflow.
std::size_t size_of(const std::vector<Axis>& axes) {
  std::size_t size = 1;
  for (const Axis& axis : axes) size = std::min(size * axis.values.size(), kMostCells + 1);
  return size;
}

}  // namespace

bool same_value(const Tree& a, const Tree& b) {
  if (a.kind != b.kind || a.scalar != b.scalar) return false;
  const auto same_entry = [](const auto& x, const auto& y) {
    return x.key == y.key && same_value(x.value, y.value);
  };
  return std::ranges::equal(a.items, b.items, same_value) &&
         std::ranges::equal(a.entries, b.entries, same_entry);
}

std::string inline_text(const Tree& value) {
  switch (value.kind) {
    case Tree::Kind::kNull:
      return "null";
    case Tree::Kind::kScalar:
      return value.scalar;
    case Tree::Kind::kList: {
      std::string text;
      for (const Tree& item : value.items) text += (text.empty() ? "" : ", ") + inline_text(item);
      return "[" + text + "]";
    }
    case Tree::Kind::kMap: {
      std::string text;
      for (const auto& [key, item] : value.entries) {
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key, inline_text(item));
      }
      return "{" + text + "}";
    }
  }
  return "";
}

Matrix read_matrix(const Tree& tree, const std::string& path, config::Faults& faults) {
  Matrix matrix;
  matrix.origin = tree.origin;
  if (!tree.is_map() || tree.entries.empty()) {
    faults.push_back({tree.origin, path, "expected a map of keys and the values to try"});
    return matrix;
  }
  for (const auto& [key, value] : tree.entries) {
    if (key == "include") {
      matrix.include = read_entries(value, path + ".include", faults);
    } else if (key == "exclude") {
      matrix.exclude = read_entries(value, path + ".exclude", faults);
    } else {
      read_axis(matrix, key, value, path, faults);
    }
  }
  check_exclude(matrix, path, faults);
  check_include(matrix, path, faults);
  return matrix;
}

std::vector<Combination> combine(const Matrix& matrix, const std::string& path,
                                 config::Faults& faults) {
  if (size_of(matrix.axes) > kMostCells) {
    faults.push_back(
        {matrix.origin, path, fmt::format("has more than {} combinations", kMostCells)});
    return {};
  }
  std::vector<Combination> combinations = multiply(matrix.axes);
  for (const Entry& entry : matrix.exclude) {
    const auto removed =
        std::erase_if(combinations, [&](const Combination& c) { return has_all(c, entry.values); });
    if (removed == 0) {
      faults.push_back({entry.origin, path + ".exclude",
                        "matches no combination (or only ones that an entry above removed)"});
    }
  }
  // Entries are matched against the original combinations only, never against added ones.
  const std::size_t originals = combinations.size();
  for (const Entry& entry : matrix.include) {
    bool added = false;
    for (std::size_t i = 0; i < originals; ++i) {
      if (!fits(combinations[i], entry.values)) continue;
      add_to(combinations[i], entry.values);
      added = true;
    }
    if (!added) combinations.push_back({entry.values, 0});
  }
  if (combinations.empty()) faults.push_back({matrix.origin, path, "has no combination left"});
  return combinations;
}

}  // namespace stampede::plan
