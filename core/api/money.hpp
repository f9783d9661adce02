// An amount of money in minor units (cents). Never a floating-point number.

#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

namespace stampede {

struct Money {
  std::int64_t minor = 0;

  constexpr auto operator<=>(const Money&) const = default;
  constexpr Money& operator+=(Money other) {
    minor += other.minor;
    return *this;
  }
  constexpr Money& operator-=(Money other) {
    minor -= other.minor;
    return *this;
  }
  friend constexpr Money operator+(Money a, Money b) { return Money{a.minor + b.minor}; }
  friend constexpr Money operator-(Money a, Money b) { return Money{a.minor - b.minor}; }
};

// `unit` times `quantity` (both >= 0), or nothing when it does not fit 64 bits.
constexpr std::optional<Money> multiply(Money unit, std::int64_t quantity) {
  if (quantity != 0 && unit.minor > std::numeric_limits<std::int64_t>::max() / quantity) {
    return std::nullopt;
  }
  return Money{unit.minor * quantity};
}

}  // namespace stampede
