#include "experiments/plan/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace stampede::plan {
namespace {

TEST(BlockOrder, HasEveryCellOnceInEveryBlock) {
  for (auto block : block_order(7, 50, 42)) {
    std::sort(block.begin(), block.end());
    EXPECT_EQ(block, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6}));
  }
}

TEST(BlockOrder, IsDecidedByTheSeedAlone) {
  EXPECT_EQ(block_order(5, 20, 1), block_order(5, 20, 1));
  EXPECT_NE(block_order(5, 20, 1), block_order(5, 20, 2));
  // Written down, so that a change of the generator cannot pass unnoticed.
  EXPECT_EQ(block_order(3, 4, 42),
            (std::vector<std::vector<std::size_t>>{{1, 0, 2}, {2, 1, 0}, {0, 1, 2}, {1, 2, 0}}));
}

TEST(BlockOrder, KeepsItsBeginningWhenMoreBlocksAreAsked) {
  const auto few = block_order(4, 6, 9);
  const auto many = block_order(4, 60, 9);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
}

TEST(BlockOrder, PutsEachOfTwoCellsFirstAboutHalfOfTheTime) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    int first = 0;
    for (const auto& block : block_order(2, 1000, seed)) first += block.front() == 0 ? 1 : 0;
    EXPECT_NEAR(first, 500, 80) << "seed " << seed;  // Five standard deviations.
  }
}

TEST(BlockOrder, TriesAllOrdersAboutEquallyOften) {
  std::map<std::vector<std::size_t>, int> seen;
  for (const auto& block : block_order(3, 6000, 3)) ++seen[block];
  ASSERT_EQ(seen.size(), 6U);
  for (const auto& [order, count] : seen) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace stampede::plan
