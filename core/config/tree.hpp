// A configuration as a tree of values, each of which knows where it was written. Trees are plain
// values: copied, merged and printed without aliasing. YAML is only their text form.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/fault.hpp"

namespace stampede::config {

struct Tree {
  struct Entry;
  enum class Kind : unsigned char { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  std::string scalar;          // When kScalar: the text as written.
  std::vector<Tree> items;     // When kList.
  std::vector<Entry> entries;  // When kMap, in the order of the file.
  Origin origin;

  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_scalar() const { return kind == Kind::kScalar; }

  // The entry of a map, or null.
  const Tree* find(std::string_view key) const;
  Tree* find(std::string_view key);

  // The value at a dotted path ("store.pool.max"), or null. A key that itself has dots, as in
  // `store: {pool.max: 10}`, is found too.
  const Tree* at(std::string_view path) const;

  static Tree scalar_of(std::string text, Origin origin = {});
  static Tree map(Origin origin = {});
};

struct Tree::Entry {
  std::string key;
  Tree value;
};

// Reads YAML 1.2. Faults: a syntax error, a key given twice, a key that is no plain text, several
// documents, more than 100,000 values (an alias bomb). An empty text is an empty map.
std::optional<Tree> parse_yaml(const std::string& text, const std::string& file_name,
                               Faults& faults);
std::optional<Tree> load_yaml(const std::filesystem::path& file, Faults& faults);

// Writes YAML that reads back as the same tree.
std::string to_yaml(const Tree& tree);

// `over` wins. Maps are merged key by key, anything else replaces.
Tree merge(const Tree& base, const Tree& over);

// Sets the value at a dotted path, making maps on the way. A scalar in the way is replaced.
void set_at(Tree& tree, std::string_view path, Tree value);

// "key=value", where value is YAML ("lock.use=per_user", "load.stages=[{duration: 1s}]"). A fault
// when there is no '=' or the value does not parse.
bool apply_setting(Tree& tree, const std::string& setting, const std::string& origin,
                   Faults& faults);

}  // namespace stampede::config
