// What every ranking promises (core/api/ranking.hpp).

#pragma once

#include <array>
#include <span>

#include "experiments/check/check.hpp"

namespace stampede::check {

// How it is filled, and what it then says.
std::span<const Check> ranking_filling_checks();
// Many at once who fill it, while others ask.
std::span<const Check> ranking_race_checks();

inline std::array<std::span<const Check>, 2> ranking_checks() {
  return {ranking_filling_checks(), ranking_race_checks()};
}

}  // namespace stampede::check
