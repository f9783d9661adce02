#include "experiments/plan/scale.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

using namespace std::chrono_literals;

TEST(Scaling, MultipliesTimesAndIterationsAndNothingElse) {
  auto load = parsed(
      "vus: 100\nrate: 50\nwarmup: 15s\nduration: 150s\niterations: 1000\n"
      "think: {min: 10ms, max: 20ms}\nstages: [{duration: 10s, target: 5}]\n");
  scale_load(load, 0.01);
  EXPECT_EQ(config::to_yaml(load),
            "vus: 100\nrate: 50\nwarmup: 150ms\nduration: 1s500ms\niterations: 10\nthink:\n  min: "
            "10ms\n  max: 20ms\nstages: [{duration: 100ms, target: 5}]\n");
}

TEST(Scaling, LeavesSomethingToDoAndWhatIsNoTime) {
  auto load = parsed("warmup: 0s\nduration: 1us\niterations: 3\nmaxDuration: soon\n");
  scale_load(load, 0.0001);
  EXPECT_EQ(config::to_yaml(load), "warmup: 0s\nduration: 1us\niterations: 1\nmaxDuration: soon\n");
}

TEST(Scaling, NeverTightensTheBoundOfACount) {
  auto load = parsed("maxDuration: 60s\n");
  scale_load(load, 0.01);
  EXPECT_EQ(config::to_yaml(load), "maxDuration: 60s\n");
  scale_load(load, 2);
  EXPECT_EQ(config::to_yaml(load), "maxDuration: 2m\n");
}

TEST(LoadTime, IsWarmUpAndWindow) {
  EXPECT_EQ(load_time(parsed("warmup: 1s\nduration: 2s")), 3s);
  EXPECT_EQ(load_time(parsed("stages: [{duration: 2s}, {duration: 3s}]")), 5s);
  EXPECT_EQ(load_time(parsed("warmup: 1s\nduration: 9s\nscale: 0.1")), 1s);
  EXPECT_EQ(load_time(parsed("duration: 10s\nscale: {time: 0.5}")), 5s);
  EXPECT_EQ(load_time(parsed("iterations: 5")), std::nullopt);
}

}  // namespace
}  // namespace stampede::plan
