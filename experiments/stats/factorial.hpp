// Splits the change between the cells of a factorial among its factors: who earned the speedup?
//
// Every factor has two levels here, "before" and "after". In each block the effect of a factor is
// the mean, over all combinations of the other factors, of log(after / before); an interaction is
// how much that effect changes when another factor is switched too. Each block gives one such
// number, so drift that is slower than a block cancels, and the intervals are those of compare().
// (Box, Hunter and Hunter, "Statistics for Experimenters", chapter 5, on the logarithm.)
//
// The sum of the main effects is, on a log scale, the change from all before to all after, but for
// the interactions of an odd number of factors above two: that is why shares are of that sum.
//
// Pure functions over plain data.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "experiments/stats/comparison.hpp"

namespace stampede::stats {

inline constexpr std::size_t kMostFactors = 8;

// One run of one combination.
struct Run {
  std::size_t block = 0;
  std::uint32_t after = 0;  // Bit i: factor i is at its "after".
  double figure = 0;
  double foreign_cpu = 0;
  bool censored = false;
};

struct MainEffect {
  std::size_t factor = 0;
  Comparison comparison;        // The ratio after / before.
  std::optional<double> share;  // Of the sum of all main effects, on a log scale; may be negative.
};

struct Interaction {
  std::size_t first = 0;
  std::size_t second = 0;
  // The factor by which the effect of one grows when the other is at its "after".
  Comparison comparison;
};

struct Factorial {
  std::vector<MainEffect> effects;
  std::vector<Interaction> interactions;
};

// `factors` of 2..kMostFactors. Only blocks with a run of every combination count.
Factorial analyse(std::size_t factors, std::span<const Run> runs, const Rules& rules);

}  // namespace stampede::stats
