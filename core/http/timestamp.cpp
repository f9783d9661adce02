#include "core/http/timestamp.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace stampede::http {

namespace {

// Writes `value` with exactly `digits` digits, ending before `end`.
void write_digits(char* end, std::int64_t value, int digits) {
  for (int i = 0; i < digits; ++i, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// Reads exactly `digits` digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_literal(std::string_view& text, char literal) {
  if (text.empty() || text.front() != literal) return false;
  text.remove_prefix(1);
  return true;
}

// ".5" is 500,000 microseconds; no '.' is 0.
std::optional<int> take_fraction(std::string_view& text) {
  if (!take_literal(text, '.')) return 0;
  int micros = 0;
  int digits = 0;
  while (digits < 6) {
    const auto digit = take_digits(text, 1);
    if (!digit) break;
    micros = micros * 10 + *digit;
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) micros *= 10;
  return micros;
}

}  // namespace

void append_timestamp(std::string& out, TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto micros = (time - day).count();
  const auto seconds = micros / 1'000'000;
  char text[] = "0000-00-00T00:00:00.000000Z";
  write_digits(text + 4, static_cast<int>(date.year()), 4);
  write_digits(text + 7, static_cast<unsigned>(date.month()), 2);
  write_digits(text + 10, static_cast<unsigned>(date.day()), 2);
  write_digits(text + 13, seconds / 3600, 2);
  write_digits(text + 16, seconds / 60 % 60, 2);
  write_digits(text + 19, seconds % 60, 2);
  write_digits(text + 26, micros % 1'000'000, 6);
  out.append(text, sizeof text - 1);
}

std::optional<TimePoint> parse_timestamp(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || *year < 1970 || !take_literal(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_literal(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take_literal(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take_literal(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take_literal(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto micros = take_fraction(text);
  if (!micros || text != "Z") return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         std::chrono::microseconds(*micros);
}

}  // namespace stampede::http
