// Experiment files: what they become, and how every mistake in them is found at once.

#include "experiments/plan/read_experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/plan/dry_run.hpp"
#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kLockGranularity = R"(experiment: lock-granularity
question: What does a lock per user buy over one global lock?
documented: {source: S2, evidence: measured, metric: tps, before: 7.54, after: 25.68}
base:
  topology: monolith
  store: {use: sqlite, pool.max: 10}
  orders: {payment: {latency: 130ms, placement: in_lock}}
data: {preset: s2}
load: {executor: constant-vus, vus: 100, warmup: 15s, duration: 150s, mix: {order: 100}}
variants:
  before: {lock: {use: global, timeout: 60s}}
  after:  {lock: {use: per_user}, load.vus: 50, store.pool.max: 20, expect: {audit.stock: pass}}
blocks: 6
seed: 42
thresholds: ["p(95) < 5s", "rate(error) < 0.01"]
expect: {audit.oversold: pass}
)";

std::optional<Experiment> experiment(const std::string& yaml, const Overrides& overrides = {},
                                     const Checks& checks = {}) {
  config::Faults faults;
  auto result = experiment_from(parsed(yaml), overrides, checks, faults);
  EXPECT_TRUE(result) << config::describe(faults);
  EXPECT_TRUE(faults.empty());
  return result;
}

std::string faults_of(const std::string& yaml, const Overrides& overrides = {},
                      const Checks& checks = {}) {
  config::Faults faults;
  EXPECT_FALSE(experiment_from(parsed(yaml), overrides, checks, faults));
  return config::describe(faults);
}

std::vector<std::string> names(const Experiment& experiment) {
  std::vector<std::string> result;
  for (const auto& cell : experiment.cells) result.push_back(cell.name);
  return result;
}

TEST(ExperimentFiles, BecomeCompleteCells) {
  const auto read = experiment(kLockGranularity);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "lock-granularity");
  EXPECT_EQ(read->blocks, 6U);
  EXPECT_EQ(read->seed, 42U);
  EXPECT_EQ(read->baseline, 0U);
  EXPECT_EQ(read->thresholds.size(), 2U);
  EXPECT_EQ(read->documented->source, "S2");
  EXPECT_THAT(names(*read), ElementsAre("before", "after"));
  const Cell& after = read->cells[1];
  EXPECT_EQ(config::to_yaml(after.server),
            "topology: monolith\nstore:\n  use: sqlite\n  pool:\n    max: 20\norders:\n  payment:\n"
            "    latency: 130ms\n    placement: in_lock\nlock:\n  use: per_user\n");
  EXPECT_EQ(after.load.at("vus")->scalar, "50");
  EXPECT_EQ(after.load.at("duration")->scalar, "150s");
  EXPECT_EQ(after.load_time, 165s);
  EXPECT_EQ(after.data.users, 100'000);
  EXPECT_EQ(after.expect,
            (Expectations{{"oversold", Expected::kPass}, {"stock", Expected::kPass}}));
  EXPECT_EQ(after.values.front(), (std::pair<std::string, std::string>("lock.use", "per_user")));
  EXPECT_EQ(read->cells[0].load.at("vus")->scalar, "100");
  EXPECT_EQ(read->cells[0].server.at("store.pool.max")->scalar, "10");
}

TEST(ExperimentFiles, TakeAnyKeyAsAnAxis) {
  const auto read = experiment(
      "experiment: x\nbase: {store: {use: sqlite}}\nload: {duration: 1s}\n"
      "matrix:\n  lock.use: [global, unprotected]\n  load.vus: [1, 2]\n  data.stock: [10]\n"
      "  exclude: [{lock.use: unprotected, load.vus: 1}]\n"
      "  include:\n  - {lock.use: unprotected, expect: {audit.oversold: fail}}\n"
      "  - {lock.use: optimistic, lock.attempts: 3}\n"
      "baseline: {lock.use: global, load.vus: 2}\n");
  ASSERT_TRUE(read);
  EXPECT_THAT(names(*read), ElementsAre("global/1/10", "global/2/10", "unprotected/2/10",
                                        "optimistic/-/-/lock.attempts=3"));
  EXPECT_THAT(read->axes, ElementsAre("lock.use", "load.vus", "data.stock"));
  EXPECT_EQ(read->baseline, 1U);
  EXPECT_EQ(read->cells[2].data.stock, 10);
  EXPECT_EQ(read->cells[2].load.at("vus")->scalar, "2");
  EXPECT_EQ(read->cells[2].expect.at("oversold"), Expected::kFail);
  EXPECT_TRUE(read->cells[0].expect.empty());
  EXPECT_EQ(read->cells[3].server.at("lock.attempts")->scalar, "3");
  EXPECT_EQ(read->cells[3].folder, "optimistic-----lock.attempts=3");
}

TEST(ExperimentFiles, WithoutVariantsAreOneCell) {
  const auto read =
      experiment("experiment: one\nbase: {lock: {use: atomic}}\nload: {duration: 1s}");
  EXPECT_THAT(names(*read), ElementsAre("base"));
}

TEST(ExperimentFiles, ReportEveryMistakeAtOnceWithItsLine) {
  EXPECT_EQ(faults_of("experiment: a b\n"
                      "qestion: what?\n"
                      "base: {load: {vus: 3}}\n"
                      "data: {preset: s9}\n"
                      "variants:\n"
                      "  one: 3\n"
                      "  two: {lock.use: a, lock: {use: b}}\n"
                      "matrix: {a: [1]}\n"
                      "blocks: none\n"
                      "baseline: tow\n"
                      "thresholds: [\"p(95) < 5\", [1]]\n"
                      "max_foreign_cpu: 25\n"
                      "expect: {audit.oversoldd: pass}\n"
                      "documented: {source: S, evidence: goal, metric: tps, from: twoo}\n"),
            "x.yaml:1: experiment: expected a name of letters, digits, - and _, as it names a "
            "folder\n"
            "x.yaml:2: qestion: unknown key; did you mean \"question\"?\n"
            "x.yaml:3: base.load: belongs at the top level of the file, beside base\n"
            "x.yaml:4: data.preset: expected \"small\", \"s2\", \"s3\" or \"s5\", got \"s9\"; did "
            "you mean \"s2\"?\n"
            "x.yaml:6: variants.one: expected a map of what this variant changes\n"
            "x.yaml:7: variants.two.lock.use: is given twice, dotted and nested\n"
            "x.yaml:8: matrix: expected either variants or matrix, not both\n"
            "x.yaml:9: blocks: expected a whole number, got \"none\"\n"
            "x.yaml:10: baseline: expected the name of a cell, got \"tow\"; did you mean \"two\"?\n"
            "x.yaml:11: thresholds[0]: \"p(95) < 5\": column 9: expected a duration such as 300ms, "
            "got \"5\"\n"
            "x.yaml:11: thresholds[1]: expected a text such as \"p(95) < 5s\"\n"
            "x.yaml:12: max_foreign_cpu: expected 0 to 1, got 25\n"
            "x.yaml:13: expect.audit.oversoldd: no such audit; did you mean \"oversold\"?\n"
            "x.yaml:14: documented.from: expected the name of a cell, got \"twoo\"; did you mean "
            "\"two\"?\n");
  EXPECT_EQ(faults_of("experiment: x\nvariants: {}"),
            "x.yaml:2: variants: expected at least one name with what it changes, for example "
            "after: {lock: {use: per_user}}\n");
}

// Stands for the server's own schema.
config::Faults only_known_locks(const config::Tree& server) {
  config::Faults faults;
  const auto* use = server.at("lock.use");
  if (use != nullptr && use->scalar == "globl") {
    faults.push_back({use->origin, "lock.use", "no lock \"globl\"; did you mean \"global\"?"});
  }
  if (server.find("store") == nullptr) faults.push_back({{}, "store", "is missing"});
  return faults;
}

TEST(ExperimentFiles, HaveEachCellCheckedAndNameTheCellsThatAreWrong) {
  const Checks checks{.server = only_known_locks};
  EXPECT_EQ(
      faults_of("experiment: x\nvariants:\n  a: {lock: {use: globl}}\n  b: {}\n  c:\n", {}, checks),
      "x.yaml:3: lock.use: no lock \"globl\"; did you mean \"global\"? (in cell \"a\")\n"
      "x.yaml:3: store: is missing (in cell \"a\")\n"
      "x.yaml:4: store: is missing (in cell \"b\")\n"
      "x.yaml:5: store: is missing (in cell \"c\")\n");
  // A mistake that all cells share is told once.
  EXPECT_EQ(faults_of("experiment: x\nbase: {store: 1, lock: {use: globl}}\nvariants: {a: , b: }",
                      {}, checks),
            "x.yaml:2: lock.use: no lock \"globl\"; did you mean \"global\"?\n");
}

TEST(ExperimentFiles, HaveWholeCellsChecked) {
  const Checks checks{.cell = [](const Cell& cell) {
    config::Faults faults;
    const auto* range = cell.load.at("range.users");
    if (range != nullptr && range->scalar != std::to_string(cell.data.users)) {
      faults.push_back({range->origin, "load.range.users", "expected as many as data.users"});
    }
    return faults;
  }};
  EXPECT_EQ(faults_of("experiment: x\ndata: {users: 5}\nload: {duration: 1s,\n  range: {users: 6}}",
                      {}, checks),
            "x.yaml:4: load.range.users: expected as many as data.users\n");
}

TEST(Overrides, WinOverTheFileAndItsVariants) {
  const auto read =
      experiment(kLockGranularity, {.settings = {"lock.timeout=1s", "load.vus=7", "data.users=9"},
                                    .blocks = 2,
                                    .seed = 5,
                                    .scale = 0.1});
  ASSERT_TRUE(read);
  for (const auto& cell : read->cells) {
    EXPECT_EQ(cell.server.at("lock.timeout")->scalar, "1s");
    EXPECT_EQ(cell.load.at("vus")->scalar, "7");
    EXPECT_EQ(cell.load.at("duration")->scalar, "15s");
    EXPECT_EQ(cell.data.users, 9);
  }
  EXPECT_EQ(read->blocks, 2U);
  EXPECT_EQ(read->seed, 5U);
  EXPECT_THAT(read->notes, testing::Contains(HasSubstr("--scale 0.1")));
}

TEST(Overrides, KeepOnlyTheCellsThatMatch) {
  const auto some = experiment(kLockGranularity, {.only = {"bef*"}});
  EXPECT_THAT(names(*some), ElementsAre("before"));
  EXPECT_EQ(some->baseline, 0U);
  const auto without_baseline = experiment(kLockGranularity, {.only = {"after"}});
  EXPECT_FALSE(without_baseline->baseline);
  EXPECT_THAT(without_baseline->notes,
              testing::Contains("the baseline was left out: nothing is compared"));
}

TEST(Overrides, AreCheckedAsStrictlyAsTheFile) {
  EXPECT_EQ(faults_of(kLockGranularity, {.settings = {"lock.use", "data.stok=3"},
                                         .only = {"aftre"},
                                         .blocks = 0,
                                         .seed = -1,
                                         .scale = -1}),
            "--blocks: expected 1 to 1000, got 0\n"
            "--seed: expected 0 or more, got -1\n"
            "--scale: expected more than 0 and at most 1000, got -1\n"
            "--set: lock.use: expected key=value, for example lock.use=per_user\n"
            "--set: data.stok: unknown key; did you mean \"stock\"?\n"
            "--only: aftre: matches no cell; cells: \"before\" or \"after\"\n");
  EXPECT_EQ(faults_of("experiment: x\nmatrix: {lock.use: [a, b]}", {.settings = {"lock.use=c"}}),
            "--set: lock.use: is an axis of the matrix; choose among its values with --only\n");
}

TEST(DryRuns, ListCellsOrderAndTime) {
  auto read = experiment(kLockGranularity, {.blocks = 2});
  EXPECT_EQ(estimate(*read).total, 2 * 2 * 168s);
  EXPECT_EQ(describe_plan(*read),
            "lock-granularity: What does a lock per user buy over one global lock?\n"
            "2 cells x 2 blocks = 4 runs, about 11m12s\n"
            "--blocks 2\n"
            "\n"
            "cells\n"
            "  before  baseline  lock.use=global, lock.timeout=60s\n"
            "  after   lock.use=per_user, load.vus=50, store.pool.max=20, "
            "expect.audit.stock=pass\n"
            "\n"
            "order (seed 42)\n"
            "   1. after, before\n"
            "   2. before, after\n");
  read->cells[0].load_time = std::nullopt;
  EXPECT_FALSE(estimate(*read).complete);
}

}  // namespace
}  // namespace stampede::plan
