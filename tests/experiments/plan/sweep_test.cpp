#include "experiments/plan/sweep.hpp"

#include <gtest/gtest.h>

#include "experiments/plan/read_experiment.hpp"
#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

TEST(Sweep, StandsForAnExperimentFileThatGivesTheSameCells) {
  const SweepRequest request{.words = {"lock.use=global, per_user", "store.pool.max=10,100",
                                       "store.use=sqlite", "load.stages=[{duration: 1s}]"},
                             .settings = {"load.vus=50", "data.stock=10"},
                             .blocks = 3,
                             .seed = 7};
  config::Faults faults;
  const auto tree = sweep_experiment(request, faults);
  ASSERT_TRUE(tree) << config::describe(faults);
  const std::string yaml = config::to_yaml(*tree);
  EXPECT_EQ(yaml,
            "experiment: sweep\n"
            "base:\n  store:\n    use: sqlite\n"
            "load:\n  stages: [{duration: 1s}]\n  vus: 50\n"
            "data:\n  stock: 10\n"
            "matrix:\n  lock.use: [global, per_user]\n  store.pool.max: [10, 100]\n"
            "blocks: 3\nseed: 7\n");
  const auto direct = experiment_from(*tree, {}, {}, faults);
  const auto reread = experiment_from(parsed(yaml), {}, {}, faults);
  ASSERT_TRUE(direct && reread) << config::describe(faults);
  ASSERT_EQ(direct->cells.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(direct->cells[i].name, reread->cells[i].name);
    EXPECT_EQ(config::to_yaml(direct->cells[i].server), config::to_yaml(reread->cells[i].server));
    EXPECT_EQ(config::to_yaml(direct->cells[i].load), config::to_yaml(reread->cells[i].load));
    EXPECT_EQ(direct->cells[i].data.stock, 10);
  }
  EXPECT_EQ(direct->cells[1].name, "global/100");
}

TEST(Sweep, ReportsEveryFaultAtOnce) {
  config::Faults faults;
  EXPECT_FALSE(sweep_experiment(
      {.words = {"lock.use", "=3", "a=1,2", "a=3,4", "b=[1,2"}, .settings = {"vus"}}, faults));
  EXPECT_EQ(config::describe(faults),
            "sweep: lock.use: expected key=value,value, for example lock.use=global,per_user\n"
            "sweep: =3: expected key=value,value, for example lock.use=global,per_user\n"
            "sweep: a: is given twice\n"
            "sweep: b: cannot read the values \"[1,2\"\n"
            "sweep: vus: expected key=value, for example lock.use=per_user\n");
  faults.clear();
  EXPECT_FALSE(sweep_experiment({.words = {"lock.use=global"}}, faults));
  EXPECT_EQ(config::describe(faults),
            "sweep: expected at least one key with several values, for example "
            "lock.use=global,per_user\n");
}

}  // namespace
}  // namespace stampede::plan
