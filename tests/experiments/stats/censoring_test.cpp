// Open requests: when they matter, the figure may not pretend to know.

#include "experiments/stats/censoring.hpp"

#include <gtest/gtest.h>

namespace stampede::stats {
namespace {

using namespace std::chrono_literals;

Histogram of_milliseconds(int from, int to) {
  Histogram histogram;
  for (int ms = from; ms <= to; ++ms) histogram.record(std::chrono::milliseconds(ms));
  return histogram;
}

TEST(Censoring, DoesNotMatterWhenNothingIsOpen) {
  const auto result = censored_quantile(of_milliseconds(1, 100), 0, 0.95);
  EXPECT_FALSE(result.matters);
  EXPECT_EQ(result.pessimistic, result.observed);
}

TEST(Censoring, DoesNotMatterToAQuantileThatOpenRequestsHardlyMove) {
  const auto result = censored_quantile(of_milliseconds(1, 1000), 1, 0.95);
  EXPECT_FALSE(result.matters);
  EXPECT_GE(*result.pessimistic, result.observed);
}

TEST(Censoring, MattersWhenTheQuantileLiesAmongTheOpenRequests) {
  const auto result = censored_quantile(of_milliseconds(1, 100), 10, 0.95);
  EXPECT_TRUE(result.matters);
  EXPECT_FALSE(result.pessimistic);
  EXPECT_FALSE(censored_quantile(of_milliseconds(100, 199), 10, 0.50).matters);
}

TEST(Censoring, MattersWhenTheQuantileMovesByMoreThanTheTolerance) {
  // p50 of 1..100 is 50; with 20 more that are slower it is the 60th: 20 % more.
  const auto result = censored_quantile(of_milliseconds(1, 100), 20, 0.50);
  EXPECT_TRUE(result.matters);
  EXPECT_NEAR(static_cast<double>(result.pessimistic->count()), 60e6, 0.004 * 60e6);
}

TEST(Censoring, KnowsNothingWhenNoRequestFinished) {
  EXPECT_TRUE(censored_quantile(Histogram(), 3, 0.5).matters);
  EXPECT_FALSE(censored_quantile(Histogram(), 0, 0.5).matters);
}

}  // namespace
}  // namespace stampede::stats
