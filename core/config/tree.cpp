#include "core/config/tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/config/text.hpp"

namespace stampede::config {

namespace {

constexpr std::size_t kMostValues = 100'000;

// Copies yaml-cpp's nodes, which alias each other, into a tree that does not.
class Copier {
 public:
  Copier(const std::string& file, Faults& faults) : file_(file), faults_(faults) {}

  Tree copy(const YAML::Node& node, const std::string& path) {
    Tree tree;
    tree.origin = {file_, node.Mark().line + 1};
    if (++count_ > kMostValues) {
      if (count_ == kMostValues + 1)
        faults_.push_back({tree.origin, path, "more than 100,000 values"});
      return tree;
    }
    if (node.IsScalar()) {
      tree.kind = Tree::Kind::kScalar;
      tree.scalar = node.Scalar();
    } else if (node.IsSequence()) {
      tree.kind = Tree::Kind::kList;
      for (const auto& item : node) tree.items.push_back(copy(item, path));
    } else if (node.IsMap()) {
      tree.kind = Tree::Kind::kMap;
      for (const auto& entry : node) add_entry(tree, entry.first, entry.second, path);
    }
    return tree;
  }

 private:
  void add_entry(Tree& tree, const YAML::Node& key, const YAML::Node& value,
                 const std::string& path) {
    const Origin origin{file_, key.Mark().line + 1};
    if (!key.IsScalar()) {
      faults_.push_back({origin, path, "expected a plain text key"});
      return;
    }
    const auto& name = key.Scalar();
    if (tree.find(name) != nullptr) {
      faults_.push_back({origin, path.empty() ? name : path + "." + name, "is given twice"});
      return;
    }
    auto copied = copy(value, path.empty() ? name : path + "." + name);
    copied.origin = origin;
    tree.entries.emplace_back(name, std::move(copied));
  }

  const std::string& file_;
  Faults& faults_;
  std::size_t count_ = 0;
};

void emit(YAML::Emitter& out, const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::kNull:
      out << YAML::Null;
      break;
    case Tree::Kind::kScalar:
      out << tree.scalar;
      break;
    case Tree::Kind::kList:
      out << YAML::Flow << YAML::BeginSeq;
      for (const auto& item : tree.items) emit(out, item);
      out << YAML::EndSeq;
      break;
    case Tree::Kind::kMap:
      out << YAML::BeginMap;
      for (const auto& [key, value] : tree.entries) {
        out << YAML::Key << key << YAML::Value;
        emit(out, value);
      }
      out << YAML::EndMap;
      break;
  }
}

}  // namespace

const Tree* Tree::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

Tree* Tree::find(std::string_view key) { return const_cast<Tree*>(std::as_const(*this).find(key)); }

const Tree* Tree::at(std::string_view path) const {
  if (const auto* whole = find(path)) return whole;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    const auto* head = find(path.substr(0, dot));
    if (head == nullptr) continue;
    if (const auto* found = head->at(path.substr(dot + 1))) return found;
  }
  return nullptr;
}

Tree Tree::scalar_of(std::string text, Origin origin) {
  Tree tree;
  tree.kind = Kind::kScalar;
  tree.scalar = std::move(text);
  tree.origin = std::move(origin);
  return tree;
}

Tree Tree::map(Origin origin) {
  Tree tree;
  tree.kind = Kind::kMap;
  tree.origin = std::move(origin);
  return tree;
}

std::optional<Tree> parse_yaml(const std::string& text, const std::string& file_name,
                               Faults& faults) {
  const auto before = faults.size();
  Tree tree;
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      faults.push_back({{file_name, documents[1].Mark().line + 1},
                        "",
                        "expected one YAML document, found a second one"});
    }
    if (documents.empty() || documents.front().IsNull()) {
      tree = Tree::map({file_name, 1});
    } else {
      tree = Copier(file_name, faults).copy(documents.front(), "");
    }
  } catch (const YAML::Exception& error) {
    faults.push_back({{file_name, error.mark.line + 1}, "", "not YAML: " + error.msg});
  }
  if (faults.size() > before) return std::nullopt;
  return tree;
}

std::optional<Tree> load_yaml(const std::filesystem::path& file, Faults& faults) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    faults.push_back({{file.string(), 0}, "", "is a directory; expected a YAML file"});
    return std::nullopt;
  }
  std::ifstream stream(file);
  if (!stream) {
    const std::error_code error(errno, std::generic_category());
    faults.push_back({{file.string(), 0}, "", "cannot be read: " + error.message()});
    return std::nullopt;
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return parse_yaml(text, file.string(), faults);
}

std::string to_yaml(const Tree& tree) {
  YAML::Emitter out;
  emit(out, tree);
  return std::string(out.c_str()) + "\n";
}

Tree merge(const Tree& base, const Tree& over) {
  if (!base.is_map() || !over.is_map()) return over;
  Tree merged = base;
  for (const auto& [key, value] : over.entries) {
    if (auto* present = merged.find(key)) {
      *present = merge(*present, value);
    } else {
      merged.entries.emplace_back(key, value);
    }
  }
  return merged;
}

void set_at(Tree& tree, std::string_view path, Tree value) {
  if (!tree.is_map()) tree = Tree::map(value.origin);
  const auto dot = path.find('.');
  const auto key = path.substr(0, dot);
  auto* present = tree.find(key);
  if (present == nullptr) {
    tree.entries.emplace_back(std::string(key), Tree::map(value.origin));
    present = &tree.entries.back().value;
  }
  if (dot == std::string_view::npos) {
    *present = std::move(value);
  } else {
    set_at(*present, path.substr(dot + 1), std::move(value));
  }
}

bool apply_setting(Tree& tree, const std::string& setting, const std::string& origin,
                   Faults& faults) {
  const auto equals = setting.find('=');
  const auto key = std::string(trim(std::string_view(setting).substr(0, equals)));
  if (equals == std::string::npos || key.empty()) {
    faults.push_back({{origin, 0}, setting, "expected key=value, for example lock.use=per_user"});
    return false;
  }
  auto value = parse_yaml(setting.substr(equals + 1), origin, faults);
  if (!value) return false;
  value->origin = {origin, 0};
  if (value->is_map() && value->entries.empty()) value = Tree::scalar_of("", {origin, 0});
  set_at(tree, key, std::move(*value));
  return true;
}

std::string describe(const Fault& fault) {
  std::string text;
  if (!fault.origin.file.empty()) {
    text += fault.origin.file;
    if (fault.origin.line > 0) text += ":" + std::to_string(fault.origin.line);
    text += ": ";
  }
  if (!fault.key.empty()) text += fault.key + ": ";
  return text + fault.message;
}

std::string describe(const Faults& faults) {
  auto sorted = faults;
  std::ranges::stable_sort(sorted, {}, [](const Fault& fault) { return fault.origin.line; });
  std::string text;
  for (const auto& fault : sorted) text += describe(fault) + "\n";
  return text;
}

}  // namespace stampede::config
