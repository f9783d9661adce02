// The percent-encoded parts of a request target: path segments and the query. Pure.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/problem.hpp"

namespace stampede::http {

// Decodes %xx, and nothing else; nothing when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> decode_percent(std::string_view text);

// Reads the parameters of a query string strictly, as JsonReader does the members of an object.
class QueryReader {
 public:
  // A parameter that is given twice, or not well encoded, is a fault. '+' stands for a space.
  QueryReader(std::string_view query, FieldFaults& faults);

  bool has(std::string_view name) const { return find(name) != nullptr; }

  std::optional<std::int64_t> integer(
      std::string_view name, std::int64_t lowest,
      std::int64_t highest = std::numeric_limits<std::int64_t>::max());
  std::int64_t required_integer(std::string_view name, std::int64_t lowest,
                                std::int64_t highest = std::numeric_limits<std::int64_t>::max());
  std::optional<std::string> text(std::string_view name);

  void fault(std::string_view name, std::string expected);

  // Reports every parameter that nobody asked for. Call it last.
  void finish();

 private:
  const std::string* find(std::string_view name) const;

  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<std::string> known_;
  FieldFaults& faults_;
};

}  // namespace stampede::http
