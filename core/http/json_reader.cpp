#include "core/http/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/config/text.hpp"

namespace stampede::http {

namespace {

constexpr std::size_t kLongestName = 64;
constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();

std::string describe_range(std::int64_t lowest, std::int64_t highest) {
  if (highest == kLargest) return fmt::format("an integer of {} or more", lowest);
  return fmt::format("an integer from {} to {}", lowest, highest);
}

std::string describe_length(std::size_t shortest, std::size_t longest) {
  return fmt::format("a string of {} to {} bytes", shortest, longest);
}

std::string but_found(std::string expected, const JsonNode& node) {
  if (node.kind == JsonNode::Kind::kInteger) {
    return fmt::format("{}; found {}", expected, node.integer);
  }
  return fmt::format("{}; found {}", expected, name_of(node.kind));
}

// A reference token of a JSON pointer: '~' and '/' are escaped.
std::string pointer_token(std::string_view name) {
  std::string token;
  for (const char c : name) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

}  // namespace

JsonReader::JsonReader(const JsonDocument& document, FieldFaults& faults)
    : document_(document), faults_(faults) {
  if (document[0].kind != JsonNode::Kind::kObject) {
    is_object_ = false;
    faults_.push_back({"#", but_found("an object", document[0])});
  }
}

JsonReader::JsonReader(const JsonReader& parent, std::string_view name, std::size_t index,
                       std::size_t node)
    : document_(parent.document_),
      faults_(parent.faults_),
      parent_(&parent),
      name_(name),
      index_(index),
      node_(node) {
  if (document_[node].kind != JsonNode::Kind::kObject) {
    is_object_ = false;
    faults_.push_back({pointer(), but_found("an object", document_[node])});
  }
}

const JsonNode* JsonReader::find(std::string_view name) const {
  if (!is_object_) return nullptr;
  for (std::size_t i = node_ + 1; i < document_[node_].end; i = document_[i].end) {
    if (document_[i].key == name) return &document_[i];
  }
  return nullptr;
}

const JsonNode* JsonReader::take(std::string_view name) {
  const auto known_end = known_.begin() + static_cast<std::ptrdiff_t>(known_count_);
  if (known_count_ < kMostMembers && std::find(known_.begin(), known_end, name) == known_end) {
    known_[known_count_++] = name;
  }
  return find(name);
}

const JsonNode* JsonReader::take_array(std::string_view name, std::size_t fewest,
                                       std::size_t most) {
  const auto* node = take(name);
  if (node == nullptr) return nullptr;
  auto expected = fmt::format("an array of {} to {} elements", fewest, most);
  if (node->kind != JsonNode::Kind::kArray) {
    fault(name, but_found(std::move(expected), *node));
    return nullptr;
  }
  if (node->children < fewest || node->children > most) {
    fault(name, fmt::format("{}; found {}", expected, node->children));
    return nullptr;
  }
  return node;
}

std::optional<std::int64_t> JsonReader::checked_integer(std::string_view name, const JsonNode& node,
                                                        std::int64_t lowest, std::int64_t highest) {
  if (node.kind == JsonNode::Kind::kInteger && node.integer >= lowest && node.integer <= highest) {
    return node.integer;
  }
  fault(name, but_found(describe_range(lowest, highest), node));
  return std::nullopt;
}

std::int64_t JsonReader::integer(std::string_view name, std::int64_t lowest, std::int64_t highest) {
  const auto* node = take(name);
  if (node == nullptr) {
    fault(name, describe_range(lowest, highest) + "; it is missing");
    return lowest;
  }
  return checked_integer(name, *node, lowest, highest).value_or(lowest);
}

std::optional<std::int64_t> JsonReader::optional_integer(std::string_view name, std::int64_t lowest,
                                                         std::int64_t highest) {
  const auto* node = take(name);
  if (node == nullptr || node->kind == JsonNode::Kind::kNull) return std::nullopt;
  return checked_integer(name, *node, lowest, highest);
}

std::string JsonReader::text(std::string_view name, std::size_t shortest, std::size_t longest) {
  const auto* node = take(name);
  if (node == nullptr) {
    fault(name, describe_length(shortest, longest) + "; it is missing");
    return {};
  }
  if (node->kind == JsonNode::Kind::kText && node->text.size() >= shortest &&
      node->text.size() <= longest) {
    return std::string(node->text);
  }
  fault(name, node->kind == JsonNode::Kind::kText
                  ? fmt::format("{}; found {} bytes", describe_length(shortest, longest),
                                node->text.size())
                  : but_found(describe_length(shortest, longest), *node));
  return {};
}

std::optional<std::string> JsonReader::optional_text(std::string_view name, std::size_t shortest,
                                                     std::size_t longest) {
  const auto* node = take(name);
  if (node == nullptr || node->kind == JsonNode::Kind::kNull) return std::nullopt;
  return text(name, shortest, longest);
}

std::string JsonReader::pointer() const {
  if (parent_ == nullptr) return "#";
  auto path = parent_->pointer() + "/" + pointer_token(name_);
  return index_ == kNoIndex ? path : fmt::format("{}/{}", path, index_);
}

void JsonReader::fault(std::string_view name, std::string expected) {
  if (!is_object_) return;  // Said already, at the object itself.
  faults_.push_back({pointer() + "/" + pointer_token(name), std::move(expected)});
}

void JsonReader::finish() {
  if (!is_object_) return;
  for (std::size_t i = node_ + 1; i < document_[node_].end; i = document_[i].end) {
    const auto key = document_[i].key;
    const auto known_end = known_.begin() + static_cast<std::ptrdiff_t>(known_count_);
    if (std::find(known_.begin(), known_end, key) != known_end) continue;
    const std::vector<std::string> names(known_.begin(), known_end);
    const bool plausible = key.size() <= kLongestName;  // Comparing costs the product of lengths.
    fault(plausible ? key : std::string(key.substr(0, kLongestName)) + "...",
          "no such member; known are " + config::one_of(names) +
              (plausible ? config::suggestion(key, names) : std::string()));
  }
}

}  // namespace stampede::http
