#include "experiments/stats/factorial.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>

namespace stampede::stats {
namespace {

// A figure for every combination in every block.
std::vector<Run> runs_of(std::size_t factors, std::size_t blocks,
                         const std::function<double(std::size_t, std::uint32_t)>& figure) {
  std::vector<Run> runs;
  for (std::size_t block = 0; block < blocks; ++block) {
    for (std::uint32_t after = 0; after < (1U << factors); ++after) {
      runs.push_back({.block = block, .after = after, .figure = figure(block, after)});
    }
  }
  return runs;
}

double drift(std::size_t block) { return 100.0 / static_cast<double>(block + 1); }

TEST(Factorial, FindsEffectsThatMultiplyWhateverTheMachineDrifts) {
  const auto runs = runs_of(3, 6, [](std::size_t block, std::uint32_t after) {
    return drift(block) * ((after & 1U) != 0 ? 4.0 : 1.0) * ((after & 2U) != 0 ? 2.0 : 1.0);
  });
  const auto found = analyse(3, runs, {});
  ASSERT_EQ(found.effects.size(), 3U);
  EXPECT_NEAR(*found.effects[0].comparison.ratio, 4, 1e-9);
  EXPECT_NEAR(*found.effects[1].comparison.ratio, 2, 1e-9);
  EXPECT_NEAR(*found.effects[2].comparison.ratio, 1, 1e-9);
  EXPECT_NEAR(*found.effects[0].share, 2.0 / 3, 1e-9);
  EXPECT_NEAR(*found.effects[1].share, 1.0 / 3, 1e-9);
  EXPECT_NEAR(*found.effects[2].share, 0, 1e-9);
  ASSERT_EQ(found.interactions.size(), 3U);
  for (const auto& interaction : found.interactions) {
    EXPECT_NEAR(*interaction.comparison.ratio, 1, 1e-9);
  }
}

TEST(Factorial, FindsThatOneSwapPaysOnlyAfterTheOther) {
  // Alone, neither helps; together they are worth 8.
  const auto runs = runs_of(2, 3, [](std::size_t block, std::uint32_t after) {
    return drift(block) * (after == 3U ? 8.0 : 1.0);
  });
  const auto found = analyse(2, runs, {});
  EXPECT_NEAR(*found.effects[0].comparison.ratio, std::sqrt(8.0), 1e-9);
  EXPECT_NEAR(*found.effects[1].comparison.ratio, std::sqrt(8.0), 1e-9);
  EXPECT_NEAR(*found.interactions[0].comparison.ratio, 8, 1e-9);
}

TEST(Factorial, GivesTheIntervalOfTheBlocksContrasts) {
  // The effect of the first factor is 2 in one block and 8 in the other: 4, and hardly certain.
  const auto runs = runs_of(2, 2, [](std::size_t block, std::uint32_t after) {
    return (after & 1U) == 0 ? 1.0 : (block == 0 ? 2.0 : 8.0);
  });
  const auto found = analyse(2, runs, {});
  const Pair pairs[] = {{.block = 0, .baseline = 1, .candidate = 2},
                        {.block = 1, .baseline = 1, .candidate = 8}};
  const auto expected = compare(pairs, {});
  EXPECT_NEAR(*found.effects[0].comparison.ratio, 4, 1e-9);
  EXPECT_NEAR(found.effects[0].comparison.interval->low, expected.interval->low, 1e-9);
  EXPECT_EQ(found.effects[0].comparison.answer, Answer::kUnclear);
}

TEST(Factorial, LeavesOutABlockThatMissesACombination) {
  auto runs =
      runs_of(2, 3, [](std::size_t, std::uint32_t after) { return after == 0 ? 1.0 : 2.0; });
  runs.pop_back();
  EXPECT_EQ(analyse(2, runs, {}).effects[0].comparison.pairs, 2U);
}

TEST(Factorial, DropsABlockInWhichAnyRunSharedTheMachine) {
  auto runs = runs_of(2, 3, [](std::size_t, std::uint32_t) { return 1.0; });
  runs[1].foreign_cpu = 0.9;
  const auto found = analyse(2, runs, {});
  EXPECT_EQ(found.effects[1].comparison.dropped, 1U);
  EXPECT_EQ(found.effects[1].comparison.pairs, 2U);
}

TEST(Factorial, CannotCompareWhereNothingWasAchieved) {
  const auto runs =
      runs_of(2, 3, [](std::size_t, std::uint32_t after) { return after == 0 ? 0.0 : 1.0; });
  const auto found = analyse(2, runs, {});
  EXPECT_EQ(found.effects[0].comparison.answer, Answer::kCannotCompare);
  EXPECT_FALSE(found.effects[0].share);
}

TEST(Factorial, HasNoSharesOfNothing) {
  const auto runs = runs_of(2, 3, [](std::size_t, std::uint32_t) { return 5.0; });
  EXPECT_FALSE(analyse(2, runs, {}).effects[0].share);
}

}  // namespace
}  // namespace stampede::stats
