// Paired comparisons: the arithmetic against hand-computed figures, and the promise behind it, that
// a 95 % interval covers the truth about 95 times out of 100, by simulation.

#include "experiments/stats/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace stampede::stats {
namespace {

std::vector<Pair> pairs_of(const std::vector<std::pair<double, double>>& figures) {
  std::vector<Pair> pairs;
  for (const auto& [baseline, candidate] : figures) {
    pairs.push_back({.block = pairs.size(), .baseline = baseline, .candidate = candidate});
  }
  return pairs;
}

TEST(StudentsT, AgreesWithPublishedTables) {
  EXPECT_NEAR(students_t_quantile(1, 0.975), 12.7062, 1e-4);
  EXPECT_NEAR(students_t_quantile(5, 0.975), 2.5706, 1e-4);
  EXPECT_NEAR(students_t_quantile(29, 0.975), 2.0452, 1e-4);
}

TEST(Comparing, IsTheGeometricMeanOfRatiosWithAStudentIntervalOnTheirLogarithms) {
  // ln ratios: ln 2, ln 4, ln 8; mean ln 4, standard deviation ln 2, t(0.975, 2) = 4.30265.
  const auto result = compare(pairs_of({{10, 20}, {10, 40}, {10, 80}}), {});
  ASSERT_TRUE(result.interval);
  EXPECT_NEAR(*result.ratio, 4, 1e-12);
  const double reach = 4.302653 * std::log(2.0) / std::sqrt(3.0);
  EXPECT_NEAR(result.interval->low, 4 * std::exp(-reach), 1e-5);
  EXPECT_NEAR(result.interval->high, 4 * std::exp(reach), 1e-4);
  EXPECT_EQ(result.answer, Answer::kUnclear);
  EXPECT_FALSE(result.p_value);
  EXPECT_EQ(result.pairs, 3U);
}

TEST(Comparing, CallsAChangeOnlyWhatLiesOutsideTheInterval) {
  EXPECT_EQ(compare(pairs_of({{10, 30}, {20, 61}, {15, 44}}), {}).answer, Answer::kHigher);
  EXPECT_EQ(compare(pairs_of({{30, 10}, {61, 20}, {44, 15}}), {}).answer, Answer::kLower);
  EXPECT_EQ(compare(pairs_of({{10, 11}, {11, 10}, {10, 10}}), {}).answer, Answer::kUnclear);
}

TEST(Comparing, CancelsDriftThatBothRunsOfABlockShare) {
  const auto result = compare(pairs_of({{100, 110}, {10, 11}, {1000, 1101}}), {});
  EXPECT_EQ(result.answer, Answer::kHigher);
  EXPECT_NEAR(*result.ratio, 1.1, 0.001);
}

TEST(Comparing, RefusesZeroGoodputInsteadOfCallingItInfinitelyBetter) {
  const auto result = compare(pairs_of({{10, 20}, {0, 20}, {10, 20}}), {});
  EXPECT_EQ(result.answer, Answer::kCannotCompare);
  EXPECT_EQ(result.reason, "nothing to measure in the baseline in block 2");
  EXPECT_FALSE(result.ratio);
  EXPECT_EQ(compare(pairs_of({{10, 0}, {10, 1}}), {}).reason, "nothing to measure here in block 1");
  EXPECT_EQ(compare(pairs_of({{10, std::numeric_limits<double>::quiet_NaN()}, {10, 1}}), {}).answer,
            Answer::kCannotCompare);
}

TEST(Comparing, DropsPairsByForeignLoadAloneAndSaysHowMany) {
  auto pairs = pairs_of({{10, 20}, {10, 21}, {10, 500}, {10, 19}});
  pairs[2].foreign_cpu = 0.26;
  pairs[3].foreign_cpu = 0.25;
  const auto result = compare(pairs, {});
  EXPECT_EQ(result.dropped, 1U);
  EXPECT_EQ(result.pairs, 3U);
  EXPECT_LT(*result.ratio, 2.2);
}

TEST(Comparing, CannotTellFromTooFewBlocks) {
  const auto one = compare(pairs_of({{10, 20}}), {});
  EXPECT_EQ(one.answer, Answer::kCannotTell);
  EXPECT_EQ(one.reason, "one block has no interval");
  EXPECT_NEAR(*one.ratio, 2, 1e-12);

  auto pairs = pairs_of({{10, 20}, {10, 20}});
  for (auto& pair : pairs) pair.foreign_cpu = 0.9;
  const auto none = compare(pairs, {});
  EXPECT_EQ(none.answer, Answer::kCannotTell);
  EXPECT_EQ(none.reason,
            "2 of 2 blocks dropped: other processes used more than 25 % of the CPU; no block in "
            "which both were measured");
  EXPECT_EQ(compare({}, {}).answer, Answer::kCannotTell);
}

TEST(Comparing, CannotTellWhenOpenRequestsCouldChangeTheFigure) {
  auto pairs = pairs_of({{10, 20}, {10, 20}, {10, 20}});
  pairs[1].censored = true;
  const auto result = compare(pairs, {});
  EXPECT_EQ(result.answer, Answer::kCannotTell);
  EXPECT_FALSE(result.interval);
  EXPECT_EQ(result.reason, "requests still open at the end of block 2 could change the figure");
}

TEST(SignFlips, AreCountedExactly) {
  const std::vector<double> all_up{1, 2, 3, 4, 5, 6};
  EXPECT_DOUBLE_EQ(*sign_flip_p_value(all_up), 2.0 / 64);
  // Sums of at least 19 in absolute value: 21 (all up) and 19 (the 1 flipped), and their mirrors.
  const std::vector<double> one_down{-1, 2, 3, 4, 5, 6};
  EXPECT_DOUBLE_EQ(*sign_flip_p_value(one_down), 4.0 / 64);
  const std::vector<double> balanced{1, -1, 2, -2, 3, -3};
  EXPECT_DOUBLE_EQ(*sign_flip_p_value(balanced), 1.0);
  const std::vector<double> equal{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
  EXPECT_DOUBLE_EQ(*sign_flip_p_value(equal), 2.0 / 128);
}

TEST(SignFlips, AgreeWithTryingEveryPattern) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> noise(0.3, 1);
  std::vector<double> differences;
  for (int i = 0; i < 11; ++i) differences.push_back(noise(random));
  double observed = 0;
  for (const double d : differences) observed += d;
  int reached = 0;
  for (unsigned pattern = 0; pattern < (1U << 11); ++pattern) {
    double sum = 0;
    for (unsigned i = 0; i < 11; ++i)
      sum += (pattern >> i & 1) != 0 ? -differences[i] : differences[i];
    if (std::abs(sum) >= std::abs(observed) - 1e-12) ++reached;
  }
  EXPECT_DOUBLE_EQ(*sign_flip_p_value(differences), reached / 2048.0);
}

TEST(SignFlips, AreNotShownBelowSixPairs) {
  const std::vector<double> five{1, 1, 1, 1, 1};
  EXPECT_FALSE(sign_flip_p_value(five));
  const std::vector<double> forty(40, 1.0);
  EXPECT_TRUE(sign_flip_p_value(forty));
  const std::vector<double> more(41, 1.0);
  EXPECT_FALSE(sign_flip_p_value(more));
}

// A machine whose speed drifts from block to block (a lag-1 correlation of 0.7) and whose runs vary
// by 7 % within a block.
struct Coverage {
  double covered;
  double found;  // Share of runs in which a change was reported.
};

Coverage simulate(std::size_t blocks, double truth, int runs) {
  std::mt19937_64 random(20'240'611);
  std::normal_distribution<double> unit(0, 1);
  int covered = 0;
  int found = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<Pair> pairs;
    double drift = 0.3 * unit(random);
    for (std::size_t block = 0; block < blocks; ++block) {
      drift = 0.7 * drift + 0.2 * unit(random);
      const double baseline = 100 * std::exp(drift + 0.07 * unit(random));
      const double candidate = 100 * truth * std::exp(drift + 0.07 * unit(random));
      pairs.push_back({.block = block, .baseline = baseline, .candidate = candidate});
    }
    const auto result = compare(pairs, {});
    if (result.interval->low <= truth && truth <= result.interval->high) ++covered;
    if (result.answer != Answer::kUnclear) ++found;
  }
  return {static_cast<double>(covered) / runs, static_cast<double>(found) / runs};
}

TEST(Coverage, OfTheIntervalIsWhatItSaysOnADriftingMachine) {
  constexpr int kRuns = 4000;  // The standard error of a share of 0.95 is then 0.0034.
  for (const std::size_t blocks : {2U, 3U, 6U, 10U}) {
    EXPECT_NEAR(simulate(blocks, 1.0, kRuns).covered, 0.95, 0.014) << blocks << " blocks";
    EXPECT_NEAR(simulate(blocks, 1.3, kRuns).covered, 0.95, 0.014) << blocks << " blocks";
  }
}

TEST(Coverage, FindsAChangeOfThirtyPercentInSixBlocksAndNothingWhereNothingIs) {
  EXPECT_GT(simulate(6, 1.3, 1000).found, 0.95);
  EXPECT_LT(simulate(6, 1.0, 4000).found, 0.065);
}

TEST(Answers, ReadBackFromTheirNames) {
  for (const auto answer : {Answer::kHigher, Answer::kLower, Answer::kUnclear,
                            Answer::kCannotCompare, Answer::kCannotTell}) {
    EXPECT_EQ(answer_from(to_string(answer)), answer);
  }
  EXPECT_FALSE(answer_from("faster"));
}

}  // namespace
}  // namespace stampede::stats
