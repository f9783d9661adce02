// Reading values that people write: durations, numbers, names with a slip of the pen. Pure.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stampede::config {

// The candidate closest to `word` by Damerau-Levenshtein distance (optimal string alignment), or
// nothing when even the closest shares too little with it to be what was meant.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// `; did you mean "per_user"?`, or "" when nothing is near.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

// "a", "b" or "c"
std::string one_of(std::span<const std::string> choices);

// A number with a unit, h, m, s, ms, us or ns, or several in a row: "130ms", "1.5s", "1m30s". A
// bare "0" needs none. Not negative, at most 292 years.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// The shortest form that reads back as the same duration: "130ms", "1m30s", "0s".
std::string format_duration(std::chrono::nanoseconds duration);

// Whole text or nothing. Integers may carry underscores between digits ("100_000").
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_real(std::string_view text);   // Finite.
std::optional<bool> parse_boolean(std::string_view text);  // "true" or "false".

// Without white space at either end.
std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

// Whether `text` matches a pattern with * (any run) and ? (any one character).
bool matches_glob(std::string_view text, std::string_view pattern);

}  // namespace stampede::config
