// What is drawn from a number can be run, is the same every time, and over many numbers leaves
// nothing out.

#include "experiments/faults/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <set>

#include "core/config/tree.hpp"
#include "experiments/plan/read_experiment.hpp"
#include "experiments/runner/needs.hpp"

namespace stampede::faults {
namespace {

std::optional<plan::Experiment> read(const Scenario& scenario, config::Faults& faults) {
  const auto tree = config::parse_yaml(scenario.yaml, scenario.title, faults);
  if (!tree) return std::nullopt;
  return plan::experiment_from(*tree, {}, {.needs = runner::find_needs}, faults);
}

TEST(Scenarios, CanBeRunAndMeetEveryKindOfFault) {
  ::setenv("STAMPEDE_PLUGIN_PATH", STAMPEDE_PLUGIN_DIR, 1);
  std::set<std::string> met;
  std::set<std::string> platforms;
  for (std::uint64_t seed = 0; seed < 250; ++seed) {
    const auto scenario = draw_scenario(seed);
    config::Faults faults;
    const auto experiment = read(scenario, faults);
    ASSERT_TRUE(experiment) << scenario.yaml << config::describe(faults);
    ASSERT_EQ(experiment->cells.size(), 1U);
    EXPECT_EQ(experiment->cells[0].needs.not_applicable, "") << scenario.title;
    EXPECT_EQ(experiment->seed, seed);
    for (const auto& injection : experiment->cells[0].bench.injections) {
      met.insert(plan::describe(injection));
    }
    platforms.insert(scenario.title.substr(0, scenario.title.find(',')));
  }
  for (const auto* fault :
       {"kill server", "pause server", "kill server 2", "kill server order", "kill postgres",
        "slow postgres", "partition postgres", "reset postgres", "kill redis", "empty redis",
        "slow redis", "kill kafka", "pause kafka"}) {
    EXPECT_TRUE(met.contains(fault)) << fault;
  }
  EXPECT_GE(platforms.size(), 12U);
}

TEST(Scenarios, AreTheSameForTheSameNumber) {
  EXPECT_EQ(draw_scenario(7).yaml, draw_scenario(7).yaml);
  EXPECT_NE(draw_scenario(7).yaml, draw_scenario(16).yaml) << "of the same kind of platform";
}

}  // namespace
}  // namespace stampede::faults
