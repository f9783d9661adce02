// The shapes of what is drawn, against their exact probabilities.

#include "experiments/load/choice.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace stampede::load {
namespace {

constexpr int kDraws = 200'000;

std::vector<int> histogram_of(const Choice& choice, std::int64_t count) {
  const IdChooser chooser(choice, count);
  Random random(7, 1);
  std::vector<int> seen(static_cast<std::size_t>(count) + 1, 0);
  for (int i = 0; i < kDraws; ++i) {
    const auto id = chooser.draw(random, static_cast<std::uint64_t>(i));
    EXPECT_GE(id, 1);
    EXPECT_LE(id, count);
    ++seen[static_cast<std::size_t>(id)];
  }
  return seen;
}

// Within 5 standard deviations of a binomial count; the seed is fixed, so this never flickers.
void expect_share(int seen, double probability) {
  const double mean = kDraws * probability;
  EXPECT_NEAR(seen, mean, 5 * std::sqrt(mean * (1 - probability)) + 1);
}

TEST(Choice, UniformGivesEveryIdTheSameChance) {
  const auto seen = histogram_of({}, 50);
  for (std::size_t id = 1; id <= 50; ++id) expect_share(seen[id], 1.0 / 50);
}

class ZipfShape : public testing::TestWithParam<std::pair<double, std::int64_t>> {};

TEST_P(ZipfShape, FallsOffWithTheRankToTheExponent) {
  const auto [exponent, count] = GetParam();
  const auto seen = histogram_of({.kind = Choice::Kind::kZipf, .exponent = exponent}, count);
  double sum = 0;
  for (std::int64_t k = 1; k <= count; ++k) sum += std::pow(static_cast<double>(k), -exponent);
  for (std::size_t k = 1; k <= static_cast<std::size_t>(count); ++k) {
    expect_share(seen[k], std::pow(static_cast<double>(k), -exponent) / sum);
  }
}

INSTANTIATE_TEST_SUITE_P(Exponents, ZipfShape,
                         testing::Values(std::pair{0.5, 100}, std::pair{1.0, 100},
                                         std::pair{1.5, 1000}, std::pair{3.0, 20},
                                         std::pair{1.1, 1}, std::pair{2.0, 2}));

TEST(Choice, AHotSetTakesItsShareAndLeavesTheRestToTheOthers) {
  const auto seen =
      histogram_of({.kind = Choice::Kind::kHotSet, .hot_size = 10, .hot_share = 0.8}, 100);
  for (std::size_t id = 1; id <= 10; ++id) expect_share(seen[id], 0.8 / 10);
  for (std::size_t id = 11; id <= 100; ++id) expect_share(seen[id], 0.2 / 90);
}

TEST(Choice, SequentialGivesEveryoneOnceAndBeginsAgain) {
  const IdChooser chooser({.kind = Choice::Kind::kSequential}, 3);
  Random random(1, 1);
  std::vector<std::int64_t> ids;
  for (std::uint64_t i = 0; i < 7; ++i) ids.push_back(chooser.draw(random, i));
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 2, 3, 1, 2, 3, 1}));
}

TEST(Random, StreamsOfOneSeedAreReproducibleAndDiffer) {
  Random first(42, 3);
  Random again(42, 3);
  Random other(42, 4);
  Random other_seed(43, 3);
  const auto value = first();
  EXPECT_EQ(value, again());
  EXPECT_NE(value, other());
  EXPECT_NE(value, other_seed());
}

}  // namespace
}  // namespace stampede::load
