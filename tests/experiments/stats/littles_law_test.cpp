#include "experiments/stats/littles_law.hpp"

#include <gtest/gtest.h>

namespace stampede::stats {
namespace {

TEST(LittlesLaw, HoldsWithinFivePercent) {
  EXPECT_TRUE(littles_law(100, 250, 0.3, 0.1).holds);
  EXPECT_TRUE(littles_law(100, 240, 0.3, 0.1).holds);   // 96 users.
  EXPECT_FALSE(littles_law(100, 230, 0.3, 0.1).holds);  // 92 users.
  EXPECT_FALSE(littles_law(100, 270, 0.3, 0.1).holds);  // 108 users.
}

TEST(LittlesLaw, SaysHowManyUsersAreMissing) {
  const auto law = littles_law(100, 200, 0.3, 0.1);
  EXPECT_DOUBLE_EQ(law.expected_users, 80);
  EXPECT_DOUBLE_EQ(law.deviation, -0.2);
}

TEST(LittlesLaw, SaysNothingWithoutUsersOrIterations) {
  EXPECT_TRUE(littles_law(0, 10, 1, 0).holds);
  EXPECT_TRUE(littles_law(10, 0, 1, 0).holds);
}

}  // namespace
}  // namespace stampede::stats
