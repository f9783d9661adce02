// When iterations arrive and how many users there are, to the nanosecond.

#include "experiments/load/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace stampede::load {
namespace {

using namespace std::chrono_literals;

std::vector<Duration> all(ArrivalSchedule schedule) {
  std::vector<Duration> times;
  while (const auto next = schedule.next()) times.push_back(*next);
  return times;
}

TEST(ArrivalSchedule, AtAConstantRateArrivalIComesAtIOverR) {
  const std::vector<Stage> stages{{10s, 250}};
  const auto times = all({250, stages});
  ASSERT_EQ(times.size(), 2'500U);
  for (std::size_t i = 0; i < times.size(); ++i) {
    ASSERT_EQ(times[i].count(), static_cast<std::int64_t>(i) * 4'000'000);
  }
}

TEST(ArrivalSchedule, AlongARampFollowsTheSquareRoot) {
  const double r0 = 10;
  const double a = (110 - r0) / 4;  // Per second squared.
  const std::vector<Stage> stages{{4s, 110}};
  const auto times = all({r0, stages});
  ASSERT_EQ(times.size(), 240U);  // (10 + 110) / 2 * 4
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto n = static_cast<double>(i);
    const double expected = (std::sqrt(r0 * r0 + 2 * a * n) - r0) / a;
    ASSERT_NEAR(static_cast<double>(times[i].count()), expected * 1e9, 1) << i;
  }
}

TEST(ArrivalSchedule, ARampDownToNothingAndARampUpFromNothingMirrorEachOther) {
  const std::vector<Stage> down{{2s, 0}};
  const std::vector<Stage> up{{2s, 100}};
  const auto falling = all({100, down});
  const auto rising = all({0, up});
  ASSERT_EQ(falling.size(), 100U);
  ASSERT_EQ(rising.size(), 100U);
  EXPECT_EQ(rising.front(), 0s);
  // Arrival n of one comes as long after the start as arrival 100 - n of the other before the end.
  for (std::size_t n = 1; n < 100; ++n) {
    ASSERT_NEAR(static_cast<double>(rising[n].count()),
                static_cast<double>((2s - falling[100 - n]).count()), 20)
        << n;
  }
}

TEST(ArrivalSchedule, StagesJoinWithoutLosingOrRepeatingAnArrival) {
  // 5 arrivals, then a pause, then a jump to 20 a second for half a second.
  const std::vector<Stage> stages{{1s, 5}, {0s, 0}, {1s, 0}, {0s, 20}, {500ms, 20}};
  const auto times = all({5, stages});
  const std::vector<Duration> expected{0ms,     200ms,   400ms,   600ms,   800ms,
                                       2'000ms, 2'050ms, 2'100ms, 2'150ms, 2'200ms,
                                       2'250ms, 2'300ms, 2'350ms, 2'400ms, 2'450ms};
  EXPECT_EQ(times, expected);
}

TEST(ArrivalSchedule, NeverGoesBackAndSendsWhatTheRatesAddUpTo) {
  const std::vector<Stage> stages{{3s, 300}, {2s, 1'000}, {5s, 1'000}, {4s, 7}};
  const auto times = all({30, stages});
  const double area = (30 + 300) / 2.0 * 3 + (300 + 1'000) / 2.0 * 2 + 5'000 + 1'007 / 2.0 * 4;
  EXPECT_NEAR(static_cast<double>(times.size()), area, 1);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_LT(times.back(), 14s);
}

TEST(ArrivalSchedule, AWarmUpRunsAtTheValueTheStagesBeginWith) {
  LoadPlan plan{.executor = ExecutorKind::kRampingArrivalRate,
                .stages = {{1s, 60}},
                .start = 600,
                .time_unit = 1min,
                .warmup = 1s};
  const auto times = all(arrivals_of(plan));
  // 600 a minute is 10 a second for one second; then from 10 down to 1 a second.
  EXPECT_EQ(std::ranges::count_if(times, [](Duration at) { return at < 1s; }), 10);
  EXPECT_EQ(times.size(), 16U);
  EXPECT_EQ(planned_length(plan), 2s);
}

TEST(VuSteps, ChangeOneByOneAtEqualDistancesAndArriveAtTheEnd) {
  const std::vector<Stage> stages{{4s, 4}, {1s, 4}, {1s, 2}};
  const std::vector<VuStep> expected{{0s, 0}, {1s, 1},      {2s, 2}, {3s, 3},
                                     {4s, 4}, {5'500ms, 3}, {6s, 2}};
  EXPECT_EQ(vu_steps(0, stages), expected);
}

TEST(VuSteps, JumpWhereAStageTakesNoTime) {
  const std::vector<Stage> stages{{0s, 10}, {2s, 10}, {0s, 1}};
  const std::vector<VuStep> expected{{0s, 10}, {2s, 1}};
  EXPECT_EQ(vu_steps(3, stages), expected);
}

TEST(VuSteps, OfAConstantExecutorAreOne) {
  EXPECT_EQ(vu_steps_of({.vus = 7}), (std::vector<VuStep>{{0s, 7}}));
  EXPECT_EQ(most_vus({.executor = ExecutorKind::kRampingVus, .stages = {{1s, 9}, {1s, 2}}}), 9);
}

TEST(ConstantVus, TakeAsLongAsIsSaidWhateverTheLoadWas) {
  LoadPlan light{.executor = ExecutorKind::kRampingArrivalRate,
                 .stages = {{10s, 5'000}, {120s, 0}},
                 .start = 100,
                 .max_vus = 500,
                 .warmup = 3s,
                 .think = {1s, 2s},
                 .coupon_share = 0.5};
  use_constant_vus(light, 4, 30s);
  EXPECT_EQ(planned_length(light), 30s);
  EXPECT_EQ(most_vus(light), 4);
  EXPECT_EQ(vu_steps_of(light), (std::vector<VuStep>{{0s, 4}}));
  EXPECT_EQ(light.think.max, 0s);
  EXPECT_EQ(light.coupon_share, 0.5);
}

}  // namespace
}  // namespace stampede::load
