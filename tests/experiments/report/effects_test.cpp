// What each axis of a full factorial is worth, and how it is said.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "experiments/plan/read_experiment.hpp"
#include "experiments/report/evaluate.hpp"
#include "experiments/report/markdown.hpp"
#include "experiments/report/terminal_report.hpp"
#include "tests/experiments/report/sample.hpp"

namespace stampede::report {
namespace {

using testing::HasSubstr;
using testing::Not;

plan::Experiment experiment_of(const std::string& matrix) {
  const std::string yaml = R"(experiment: ladder
question: Who earned it?
base: {store: {use: sqlite}}
load: {executor: constant-vus, vus: 20, warmup: 1s, duration: 2s}
matrix:
)" + matrix;
  config::Faults faults;
  auto tree = config::parse_yaml(yaml, "ladder.yaml", faults);
  EXPECT_TRUE(tree) << config::describe(faults);
  auto experiment = plan::experiment_from(*tree, {}, {}, faults);
  EXPECT_TRUE(experiment) << config::describe(faults);
  return *experiment;
}

// The lock is worth 8 and the pool 2, but only under the new lock: on the average 1.41.
RunResult run_of(const plan::Experiment& experiment) {
  RunResult run = begin_result(experiment);
  for (std::size_t block = 0; block < 6; ++block) {
    for (Cell& cell : run.cells) {
      double tps = 10.0 + static_cast<double>(block);
      if (cell.name.starts_with("per_user")) tps *= cell.name.ends_with("/100") ? 16 : 8;
      cell.blocks.push_back(sample_block(block, tps, 100));
    }
  }
  evaluate(experiment, run);
  return run;
}

const auto* const kFull = "  lock.use: [global, per_user]\n  store.readers: [10, 100]\n";

TEST(Effects, SplitsAFullFactorialAmongItsAxes) {
  const auto run = run_of(experiment_of(kFull));
  ASSERT_EQ(run.effects.size(), 4U);  // Two axes, TPS and p95.
  EXPECT_EQ(effect_title(run.effects[0]), "lock.use global -> per_user");
  EXPECT_NEAR(*run.effects[0].comparison.ratio, 8 * std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(*run.effects[1].comparison.ratio, std::sqrt(2.0), 1e-6);
  EXPECT_EQ(share_text(run.effects[0]), "88 %");
  ASSERT_EQ(run.interactions.size(), 2U);
  EXPECT_NEAR(*run.interactions[0].comparison.ratio, 2, 1e-6);
}

TEST(Effects, TakesTheFirstAndTheLastOfMoreValues) {
  const auto run =
      run_of(experiment_of("  lock.use: [global, atomic, per_user]\n  store.readers: [10, 100]\n"));
  EXPECT_NEAR(*run.effects[0].comparison.ratio, 8 * std::sqrt(2.0), 1e-6);
}

TEST(Effects, SaysNothingOfAMatrixWithHoles) {
  const auto run = run_of(
      experiment_of(std::string(kFull) + "  exclude: [{lock.use: global, store.readers: 100}]\n"));
  EXPECT_TRUE(run.effects.empty());
  EXPECT_THAT(markdown_report(run), Not(HasSubstr("Who earned it\n")));
}

TEST(Effects, AreShownInBothReports) {
  const auto run = run_of(experiment_of(kFull));
  const auto text = final_report(run, Terminal{.width = 200});
  EXPECT_THAT(text,
              HasSubstr("effect  lock.use global -> per_user: 11.3x [11.3, 11.3] TPS, 88 % of "
                        "the whole\n"));
  EXPECT_THAT(text, HasSubstr("interaction  after lock.use, store.readers is worth 2.00x"));
  EXPECT_THAT(markdown_report(run), HasSubstr("| lock.use global -> per\\_user | tps |"));
}

}  // namespace
}  // namespace stampede::report
