// A JSON text as one flat array of nodes: cheap to make, and able to say what a tree of maps would
// hide, such as a member given twice. Owns the text that its nodes show. Immutable after parsing;
// lives as long as its reader needs.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/api/result.hpp"

namespace stampede::http {

struct JsonNode {
  enum class Kind : std::uint8_t {
    kNull,
    kBoolean,
    kInteger,
    kBigInteger,  // An integer beyond 64 bits with sign.
    kReal,
    kText,
    kArray,
    kObject
  };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;  // Also a boolean's 0 or 1.
  double real = 0;           // Of kReal.
  std::string_view text;     // Of kText.
  std::string_view key;      // The member's name, when the parent is an object.
  std::uint32_t children = 0;
  std::uint32_t end = 0;  // One past the last node of this subtree: the next sibling.
};

// "an integer", "an object", ...
std::string_view name_of(JsonNode::Kind kind);

class JsonDocument {
 public:
  // kInvalid, saying where and what was expected; also for a member given twice, for more than 64
  // members in an object, for nesting deeper than 32 and for more than 100,000 values.
  static Result<JsonDocument> parse(std::string_view text);

  // Node 0 is the root. A container's first child follows it; each child's `end` is the next.
  const JsonNode& operator[](std::size_t index) const { return nodes_[index]; }
  std::size_t size() const { return nodes_.size(); }

 private:
  class Builder;

  std::unique_ptr<char[]> text_;  // A copy, in which strings were unescaped in place.
  std::vector<JsonNode> nodes_;
};

}  // namespace stampede::http
