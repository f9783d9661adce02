#include "experiments/load/server_timing.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "core/config/text.hpp"

namespace stampede::load {

namespace {

// Cuts the text before the next separator off, minding quoted strings.
std::string_view take_until(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\' && quoted) {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == separator && !quoted) {
      break;
    }
  }
  at = at < text.size() ? at : text.size();
  const auto part = text.substr(0, at);
  text.remove_prefix(at == text.size() ? at : at + 1);
  return config::trim(part);
}

// Milliseconds as a decimal number; nothing when it is none, or less than 0.
std::optional<std::chrono::nanoseconds> milliseconds(std::string_view text) {
  constexpr double kMost = 1e12;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(value >= 0 && value < kMost)) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(value * 1e6));
}

}  // namespace

void for_each_server_timing(
    std::string_view header,
    const std::function<void(std::string_view, std::chrono::nanoseconds)>& visit) {
  while (!header.empty()) {
    auto metric = take_until(header, ',');
    const auto name = take_until(metric, ';');
    while (!metric.empty()) {
      const auto parameter = take_until(metric, ';');
      if (!parameter.starts_with("dur=")) continue;
      if (const auto duration = milliseconds(parameter.substr(4)); duration && !name.empty()) {
        visit(name, *duration);
      }
    }
  }
}

}  // namespace stampede::load
