#include "core/config/map_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/text.hpp"

namespace stampede::config {

namespace {

std::string kind_name(const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::kNull:
      return "nothing";
    case Tree::Kind::kScalar:
      return '"' + tree.scalar + '"';
    case Tree::Kind::kList:
      return "a list";
    case Tree::Kind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace

MapReader::MapReader(const Tree* tree, std::string path, Faults& faults)
    : tree_(tree), path_(std::move(path)), faults_(faults) {
  if (tree_ == nullptr || tree_->is_map()) return;
  if (tree_->kind != Tree::Kind::kNull) {
    faults_.push_back(
        {tree_->origin, path_,
         fmt::format("expected a map of keys and values, got {}", kind_name(*tree_))});
  }
  tree_ = nullptr;
}

bool MapReader::has(std::string_view key) const { return tree_ != nullptr && tree_->find(key); }

const Tree* MapReader::child(std::string_view key) {
  known_.emplace_back(key);
  return tree_ == nullptr ? nullptr : tree_->find(key);
}

MapReader MapReader::map(std::string_view key) {
  return MapReader(child(key), path_of(key), faults_);
}

std::string MapReader::path_of(std::string_view key) const {
  if (path_.empty()) return std::string(key);
  return key.empty() ? path_ : path_ + "." + std::string(key);
}

const Tree* MapReader::scalar(std::string_view key) {
  const auto* found = child(key);
  if (found == nullptr || found->is_scalar()) return found;
  fault(key, fmt::format("expected one value, got {}", kind_name(*found)));
  return nullptr;
}

template <typename Value, typename Parse>
Value MapReader::checked(std::string_view key, Value fallback, Parse parse,
                         std::string_view expected) {
  const auto* found = scalar(key);
  if (found == nullptr) return fallback;
  if (const auto value = parse(found->scalar)) return *value;
  fault(key, fmt::format("expected {}, got \"{}\"", expected, found->scalar));
  return fallback;
}

std::string MapReader::text(std::string_view key, std::string_view fallback) {
  const auto* found = scalar(key);
  return found == nullptr ? std::string(fallback) : found->scalar;
}

std::int64_t MapReader::integer(std::string_view key, std::int64_t fallback, std::int64_t lowest,
                                std::int64_t highest) {
  const auto value = checked(key, fallback, parse_integer, "a whole number");
  if (value >= lowest && value <= highest) return value;
  fault(key, highest == std::numeric_limits<std::int64_t>::max()
                 ? fmt::format("expected {} or more, got {}", lowest, value)
                 : fmt::format("expected {} to {}, got {}", lowest, highest, value));
  return fallback;
}

double MapReader::real(std::string_view key, double fallback, double lowest, double highest) {
  const auto value = checked(key, fallback, parse_real, "a number");
  if (value >= lowest && value <= highest) return value;
  fault(key, fmt::format("expected {} to {}, got {}", lowest, highest, value));
  return fallback;
}

bool MapReader::boolean(std::string_view key, bool fallback) {
  return checked(key, fallback, parse_boolean, "true or false");
}

std::chrono::nanoseconds MapReader::duration(std::string_view key,
                                             std::chrono::nanoseconds fallback,
                                             std::chrono::nanoseconds lowest,
                                             std::chrono::nanoseconds highest) {
  const auto value = checked(key, fallback, parse_duration, "a duration such as 500ms or 1m30s");
  if (value >= lowest && value <= highest) return value;
  fault(key, highest == std::chrono::nanoseconds::max()
                 ? fmt::format("expected {} or more, got {}", format_duration(lowest),
                               format_duration(value))
                 : fmt::format("expected {} to {}, got {}", format_duration(lowest),
                               format_duration(highest), format_duration(value)));
  return fallback;
}

std::vector<std::string> MapReader::texts(std::string_view key) {
  const auto* found = child(key);
  if (found == nullptr || found->kind == Tree::Kind::kNull) return {};
  if (found->is_scalar()) return {found->scalar};
  std::vector<std::string> values;
  for (const auto& item : found->items) {
    if (item.is_scalar()) {
      values.push_back(item.scalar);
    } else {
      faults_.push_back({item.origin, path_of(key),
                         fmt::format("expected a list of plain values, got {}", kind_name(item))});
    }
  }
  if (found->is_map()) fault(key, "expected a list, got a map");
  return values;
}

void MapReader::not_a_choice(std::string_view key, const Tree& found,
                             const std::vector<std::string>& names) {
  fault(key, fmt::format("expected {}, got \"{}\"{}", one_of(names), found.scalar,
                         suggestion(found.scalar, names)));
}

void MapReader::require(std::string_view key) {
  known_.emplace_back(key);
  if (!has(key)) fault(key, "is missing");
}

void MapReader::fault(std::string_view key, std::string message) {
  const auto* found = tree_ == nullptr ? nullptr : tree_->find(key);
  const Origin origin = found != nullptr   ? found->origin
                        : tree_ != nullptr ? tree_->origin
                                           : Origin{};
  faults_.push_back({origin, path_of(key), std::move(message)});
}

void MapReader::finish() {
  if (tree_ == nullptr) return;
  std::ranges::sort(known_);
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  for (const auto& [key, value] : tree_->entries) {
    if (std::ranges::binary_search(known_, key)) continue;
    const auto hint = suggestion(key, known_);
    faults_.push_back({value.origin, path_of(key),
                       "unknown key" + (hint.empty() ? "; known here: " + one_of(known_) : hint)});
  }
}

}  // namespace stampede::config
