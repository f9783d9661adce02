#include "experiments/stats/factorial.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace stampede::stats {
namespace {

// The runs of one block, by combination.
using Combinations = std::vector<const Run*>;

std::vector<std::pair<std::size_t, Combinations>> complete_blocks(std::size_t factors,
                                                                  std::span<const Run> runs) {
  std::map<std::size_t, Combinations> blocks;
  for (const Run& run : runs) {
    auto& combinations = blocks[run.block];
    combinations.resize(std::size_t{1} << factors, nullptr);
    if (run.after < combinations.size()) combinations[run.after] = &run;
  }
  std::erase_if(blocks, [](const auto& block) {
    return std::ranges::find(block.second, nullptr) != block.second.end();
  });
  return {blocks.begin(), blocks.end()};
}

// Which way a combination counts in the contrast of `factors` (one, or two for an interaction).
double sign(std::uint32_t after, std::uint32_t factors) {
  double product = 1;
  for (std::uint32_t bit = 1; bit <= factors; bit <<= 1U) {
    if ((factors & bit) != 0 && (after & bit) == 0) product = -product;
  }
  return product;
}

// The contrast of one block as a pair whose ratio it is. Each combination stands beside the one
// that differs in the contrast, so half of them divide the sum of signed logarithms.
Pair contrast(std::size_t block, const Combinations& runs, std::uint32_t factors) {
  Pair pair{.block = block, .baseline = 1};
  double sum = 0;
  bool has_ratio = true;
  const auto compared = std::popcount(factors) == 1 ? runs.size() / 2 : runs.size() / 4;
  for (std::uint32_t after = 0; after < runs.size(); ++after) {
    const Run& run = *runs[after];
    pair.foreign_cpu = std::max(pair.foreign_cpu, run.foreign_cpu);
    pair.censored = pair.censored || run.censored;
    has_ratio = has_ratio && std::isfinite(run.figure) && run.figure > 0;
    sum += sign(after, factors) * std::log(run.figure);
  }
  pair.candidate = has_ratio ? std::exp(sum / static_cast<double>(compared)) : 0;
  return pair;
}

Comparison compare_contrast(const std::vector<std::pair<std::size_t, Combinations>>& blocks,
                            std::uint32_t factors, const Rules& rules) {
  std::vector<Pair> pairs;
  pairs.reserve(blocks.size());
  for (const auto& [block, runs] : blocks) pairs.push_back(contrast(block, runs, factors));
  return compare(pairs, rules);
}

void add_shares(std::vector<MainEffect>& effects) {
  double whole = 0;
  for (const auto& effect : effects) {
    if (!effect.comparison.ratio) return;
    whole += std::log(*effect.comparison.ratio);
  }
  // Of nothing there are no shares, and of little they are noise.
  if (std::abs(whole) < std::log(1.05)) return;
  for (auto& effect : effects) effect.share = std::log(*effect.comparison.ratio) / whole;
}

}  // namespace

Factorial analyse(std::size_t factors, std::span<const Run> runs, const Rules& rules) {
  Factorial result;
  const auto blocks = complete_blocks(factors, runs);
  for (std::size_t i = 0; i < factors; ++i) {
    result.effects.push_back(
        {.factor = i, .comparison = compare_contrast(blocks, 1U << i, rules), .share = {}});
    for (std::size_t j = i + 1; j < factors; ++j) {
      result.interactions.push_back(
          {.first = i,
           .second = j,
           .comparison = compare_contrast(blocks, (1U << i) | (1U << j), rules)});
    }
  }
  add_shares(result.effects);
  return result;
}

}  // namespace stampede::stats
