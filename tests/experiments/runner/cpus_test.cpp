// Which side of a run gets which processors.

#include "experiments/runner/cpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stampede::runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

int processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

TEST(Placement, GivesTheGeneratorOneOfItsOwn) {
  if (processors() < 2) GTEST_SKIP() << "there is one processor";
  const auto cpus = place({});
  ASSERT_EQ(cpus.generator.size(), 1U);
  EXPECT_EQ(cpus.server.size(), static_cast<std::size_t>(processors() - 1));
  EXPECT_THAT(cpus.server, testing::Not(testing::Contains(cpus.generator.front())));
  EXPECT_EQ(cpus.postgres, cpus.server);
  EXPECT_EQ(cpus.redis, cpus.server);
}

TEST(Placement, KeepsWhatTheExperimentSaysAndLeavesTheRestToTheOthers) {
  if (processors() != 2) GTEST_SKIP() << "written for two processors";
  const auto swapped = place({.server = {1}});
  EXPECT_THAT(swapped.generator, ElementsAre(0));
  EXPECT_THAT(place({.generator = {0}}).server, ElementsAre(1));
  const auto shared = place({.server = {0, 1}, .redis = {1}});
  EXPECT_THAT(shared.generator, IsEmpty());
  EXPECT_THAT(shared.postgres, ElementsAre(0, 1));
  EXPECT_THAT(shared.redis, ElementsAre(1));
}

TEST(Placement, PinsTheThreadAndItsChildrenForAWhile) {
  const int before = processors();
  {
    const Pinned pinned({0});
    EXPECT_EQ(processors(), 1);
  }
  EXPECT_EQ(processors(), before);
}

}  // namespace
}  // namespace stampede::runner
