// What an experiment asks of the bench itself: read strictly, varied like anything else, and never
// part of a server's configuration.

#include "experiments/plan/bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/plan/dry_run.hpp"
#include "experiments/plan/read_experiment.hpp"
#include "experiments/plan/sweep.hpp"
#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::optional<Experiment> experiment(const std::string& yaml, const Checks& checks = {}) {
  config::Faults faults;
  auto result = experiment_from(parsed(yaml), {}, checks, faults);
  EXPECT_TRUE(result) << config::describe(faults);
  return result;
}

std::string faults_of(const std::string& yaml) {
  config::Faults faults;
  EXPECT_FALSE(experiment_from(parsed(yaml), {}, {}, faults));
  return config::describe(faults);
}

TEST(BenchKeys, AreNoPartOfTheServersConfiguration) {
  const auto read = experiment(
      "experiment: x\n"
      "instances: 2\n"
      "cpus: {server: [0], generator: 1}\n"
      "postgres: {fsync: off, settings: {synchronous_commit: off, plan.cache: 3}}\n"
      "kafka: {warmup: 5s}\n"
      "base: {store: {use: postgres}}\n"
      "variants:\n"
      "  two: \n"
      "  three: {instances: 3, postgres.fsync: on, cpus.redis: [1]}\n");
  ASSERT_TRUE(read);
  const auto& two = read->cells[0].bench;
  EXPECT_EQ(two.instances, 2);
  EXPECT_THAT(two.cpus.server, ElementsAre(0));
  EXPECT_THAT(two.cpus.generator, ElementsAre(1));
  EXPECT_FALSE(two.postgres.fsync);
  EXPECT_THAT(two.postgres.settings,
              ElementsAre(Pair("synchronous_commit", "off"), Pair("plan.cache", "3")));
  EXPECT_EQ(two.kafka.warmup, std::chrono::seconds(5));
  const auto& three = read->cells[1].bench;
  EXPECT_EQ(three.instances, 3);
  EXPECT_TRUE(three.postgres.fsync);
  EXPECT_THAT(three.cpus.redis, ElementsAre(1));
  for (const auto& cell : read->cells) {
    ASSERT_EQ(cell.server.entries.size(), 1U);
    EXPECT_EQ(cell.server.entries[0].key, "store");
  }
}

TEST(BenchKeys, CanBeAnAxis) {
  const auto read = experiment("experiment: x\nmatrix: {instances: [1, 3]}\n");
  ASSERT_EQ(read->cells.size(), 2U);
  EXPECT_EQ(read->cells[0].bench.instances, 1);
  EXPECT_EQ(read->cells[1].name, "3");
  EXPECT_EQ(read->cells[1].bench.instances, 3);
}

TEST(BenchKeys, StandBesideTheBaseOfASweep) {
  config::Faults faults;
  const auto file = sweep_experiment(
      {.words = {"lock.use=global,per_user", "instances=3", "postgres.fsync=off"}}, faults);
  ASSERT_TRUE(file) << config::describe(faults);
  EXPECT_EQ(file->at("instances")->scalar, "3");
  EXPECT_EQ(file->at("postgres.fsync")->scalar, "off");
  EXPECT_EQ(file->find("base"), nullptr);
}

TEST(BenchKeys, AreReadStrictly) {
  EXPECT_EQ(faults_of("experiment: x\n"
                      "instances: 0\n"
                      "cpus: {server: [a], sever: [1]}\n"
                      "postgres:\n"
                      "  fsync: maybe\n"
                      "  settings:\n"
                      "    port: 5432\n"
                      "    fsync: off\n"
                      "    \"a b\": 1\n"
                      "kafka: {warmup: 1h}\n"),
            "x.yaml:2: instances: expected 1 to 64, got 0\n"
            "x.yaml:3: cpus.server: expected numbers of CPUs such as [0, 1], got \"a\"\n"
            "x.yaml:3: cpus.sever: unknown key; did you mean \"server\"?\n"
            "x.yaml:5: postgres.fsync: expected \"on\", \"off\", \"true\" or \"false\", got "
            "\"maybe\"\n"
            "x.yaml:7: postgres.settings.port: is chosen by the bench\n"
            "x.yaml:8: postgres.settings.fsync: belongs to postgres.fsync\n"
            "x.yaml:9: postgres.settings.a b: is no name of a PostgreSQL setting\n"
            "x.yaml:10: kafka.warmup: expected 0s to 10m, got 1h\n");
  EXPECT_THAT(faults_of("experiment: x\nbase: {instances: 2}\n"),
              HasSubstr("base.instances: belongs at the top level of the file, beside base"));
}

TEST(AFreshKafka, IsWarmedUpOnceWhereItIsMeasured) {
  const Checks checks{.needs = [](const Cell& cell, Needs& needs) {
    needs.kafka = cell.name != "none";
    return config::Faults{};
  }};
  const auto read = experiment(
      "experiment: x\nload: {duration: 10s}\nblocks: 2\nvariants:\n"
      "  none:\n"
      "  usual:\n"
      "  long: {kafka.warmup: 2m}\n"
      "  broken: {kafka.warmup: 5m, faults: [{at: 40%, target: kafka, kind: kill}]}\n",
      checks);
  ASSERT_TRUE(read);
  std::vector<std::chrono::nanoseconds> warmups;
  for (const auto& cell : read->cells) warmups.push_back(cell.kafka_warmup);
  using std::chrono::seconds;
  EXPECT_THAT(warmups, ElementsAre(seconds(0), seconds(30), seconds(120), seconds(0)));
  EXPECT_EQ(estimate(*read).total,
            2 * 4 * (seconds(10) + kRunOverhead) + seconds(120) + kRunOverhead);
}

TEST(NotApplicableCells, AreShownInThePlanAndTakeNoTime) {
  const Checks checks{.needs = [](const Cell& cell, Needs& needs) {
    if (cell.name == "a") needs.not_applicable = "lock a does not run on store b";
    return config::Faults{};
  }};
  const auto read =
      experiment("experiment: x\nload: {duration: 10s}\nblocks: 2\nvariants: {a: , b: }\n", checks);
  EXPECT_EQ(estimate(*read).total, 2 * (std::chrono::seconds(10) + kRunOverhead));
  EXPECT_THAT(describe_plan(*read), HasSubstr("not applicable: lock a does not run on store b"));
}

}  // namespace
}  // namespace stampede::plan
