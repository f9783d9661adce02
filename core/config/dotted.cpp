#include "core/config/dotted.hpp"

#include <utility>

namespace stampede::config {

std::string key_path(std::string_view path, std::string_view key) {
  std::string joined(path);
  if (!joined.empty()) joined += '.';
  joined += key;
  return joined;
}

Tree nested(const Tree& tree, const std::string& path, Faults& faults) {
  if (!tree.is_map()) return tree;
  Tree result = Tree::map(tree.origin);
  for (const auto& [key, value] : tree.entries) {
    put_nested(result, key, nested(value, key_path(path, key), faults), path, faults);
  }
  return result;
}

void put_nested(Tree& map, std::string_view key, Tree value, const std::string& path,
                Faults& faults) {
  const auto dot = key.find('.');
  const std::string head(key.substr(0, dot));
  const std::string full = key_path(path, head);
  if (dot != std::string_view::npos && !head.empty()) {
    Tree inner = Tree::map(value.origin);
    put_nested(inner, key.substr(dot + 1), std::move(value), full, faults);
    value = std::move(inner);
  }
  Tree* present = map.find(head);
  if (present == nullptr) {
    map.entries.emplace_back(head, std::move(value));
  } else if (present->is_map() && value.is_map()) {
    for (auto& [name, item] : value.entries) {
      put_nested(*present, name, std::move(item), full, faults);
    }
  } else {
    faults.push_back({value.origin, full, "is given twice, dotted and nested"});
  }
}

}  // namespace stampede::config
