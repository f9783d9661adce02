// Times in JSON: RFC 3339 in UTC with microseconds, "2026-01-31T12:00:00.000000Z". Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/api/entities.hpp"

namespace stampede::http {

// Appends the 27 characters of a time in the years 0 to 9999.
void append_timestamp(std::string& out, TimePoint time);

// "2026-01-31T12:00:00Z" with up to six digits of fraction, "Z" only, years 1970 to 9999.
std::optional<TimePoint> parse_timestamp(std::string_view text);

inline constexpr std::string_view kTimestampForm = "a UTC time such as 2026-01-31T12:00:00Z";

}  // namespace stampede::http
