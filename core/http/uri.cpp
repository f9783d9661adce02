#include "core/http/uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/config/text.hpp"

namespace stampede::http {

namespace {

constexpr std::size_t kMostParameters = 32;

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// A form-encoded name or value.
std::optional<std::string> decode_form(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return decode_percent(spaced);
}

std::string describe_range(std::int64_t lowest, std::int64_t highest) {
  if (highest == std::numeric_limits<std::int64_t>::max()) {
    return fmt::format("an integer of {} or more", lowest);
  }
  return fmt::format("an integer from {} to {}", lowest, highest);
}

}  // namespace

std::optional<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_value(text[i + 1]);
    const auto low = hex_value(text[i + 2]);
    if (!high || !low) return std::nullopt;
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return decoded;
}

QueryReader::QueryReader(std::string_view query, FieldFaults& faults) : faults_(faults) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    if (values_.size() == kMostParameters) {
      faults_.push_back({"?", fmt::format("at most {} parameters", kMostParameters)});
      return;
    }
    const auto equals = pair.find('=');
    auto name = decode_form(pair.substr(0, equals));
    auto value = decode_form(equals == std::string_view::npos ? std::string_view()
                                                              : pair.substr(equals + 1));
    if (!name || !value) {
      faults_.push_back({"?" + std::string(pair.substr(0, 64)),
                         "each % to be followed by two hexadecimal digits"});
    } else if (has(*name)) {
      fault(*name, "the parameter once; it is given twice");
    } else {
      values_.emplace_back(std::move(*name), std::move(*value));
    }
  }
}

const std::string* QueryReader::find(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<std::int64_t> QueryReader::integer(std::string_view name, std::int64_t lowest,
                                                 std::int64_t highest) {
  known_.emplace_back(name);
  const auto* text = find(name);
  if (text == nullptr) return std::nullopt;
  std::int64_t value = 0;
  const auto* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < lowest || value > highest) {
    fault(name,
          fmt::format("{}; found \"{}\"", describe_range(lowest, highest), text->substr(0, 64)));
    return std::nullopt;
  }
  return value;
}

std::int64_t QueryReader::required_integer(std::string_view name, std::int64_t lowest,
                                           std::int64_t highest) {
  if (!has(name)) fault(name, describe_range(lowest, highest) + "; it is missing");
  return integer(name, lowest, highest).value_or(lowest);
}

std::optional<std::string> QueryReader::text(std::string_view name) {
  known_.emplace_back(name);
  const auto* found = find(name);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

void QueryReader::fault(std::string_view name, std::string expected) {
  faults_.push_back({"?" + std::string(name.substr(0, 64)), std::move(expected)});
}

void QueryReader::finish() {
  for (const auto& [name, value] : values_) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const bool plausible = name.size() <= 64;  // Comparing costs the product of the lengths.
    const auto known = known_.empty() ? std::string("the route takes none")
                                      : "known are " + config::one_of(known_);
    fault(name, "no such parameter; " + known +
                    (plausible ? config::suggestion(name, known_) : std::string()));
  }
}

}  // namespace stampede::http
