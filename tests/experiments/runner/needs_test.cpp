// What the bench provides, decided by what plugins declare.

#include "experiments/runner/needs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "experiments/plan/read_experiment.hpp"

namespace stampede::runner {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NeedsTest : public ::testing::Test {
 protected:
  NeedsTest() { ::setenv("STAMPEDE_PLUGIN_PATH", STAMPEDE_PLUGIN_DIR, 1); }

  std::optional<plan::Experiment> read(const std::string& yaml) {
    const auto tree = config::parse_yaml("experiment: x\n" + yaml, "x.yaml", faults_);
    return plan::experiment_from(*tree, {}, {.needs = find_needs}, faults_);
  }

  plan::Needs needs_of(const std::string& yaml) {
    const auto experiment = read(yaml);
    EXPECT_TRUE(experiment) << config::describe(faults_);
    return experiment ? experiment->cells[0].needs : plan::Needs{};
  }

  std::string refusal(const std::string& yaml) {
    EXPECT_FALSE(read(yaml));
    return config::describe(faults_);
  }

  config::Faults faults_;
};

TEST_F(NeedsTest, AStoreThatKeepsAFileGetsOneForEachRun) {
  EXPECT_TRUE(needs_of("base: {store: {use: sqlite}}").store_file);
  EXPECT_TRUE(needs_of("base: {}").store_file);  // The default.
  EXPECT_FALSE(needs_of("base: {store: {use: memory}}").store_file);
  EXPECT_THAT(refusal("base: {store: {use: sqlite, path: /tmp/mine.db}}"),
              HasSubstr("x.yaml:2: store.path: every run of a cell gets a fresh file"));
}

TEST_F(NeedsTest, ServicesAreDealtToServersOnlyWhereATransportReachesThem) {
  const std::string base = "base: {topology: services, store: {use: sqlite}, transport: {use: ";
  EXPECT_TRUE(needs_of(base + "http}}\nprocesses: each").store_file);
  EXPECT_THAT(refusal(base + "inline}}\nprocesses: each"),
              HasSubstr("x.yaml:2: transport.use: inline carries events within one process"));
  EXPECT_THAT(refusal(base + "kafka, brokers: embedded}}\nprocesses: each"),
              HasSubstr("x.yaml:2: transport.brokers: the embedded broker lives within one"));
  EXPECT_THAT(refusal("base: {store: {use: sqlite}}\nprocesses: each"),
              HasSubstr("x.yaml:3: processes: several servers share services out: needs topology"));
  EXPECT_THAT(refusal(base + "http}, services: [order]}"),
              HasSubstr("x.yaml:2: services: in an experiment `processes` says"));
  EXPECT_THAT(refusal(base + "http}, peers: [http://a:1]}"),
              HasSubstr("x.yaml:2: peers: the bench tells its servers of each other"));
  EXPECT_THAT(refusal(base + "http}}\nprocesses: each\ninstances: 2"),
              HasSubstr("instances: 2 instances need a store that they can share"));
}

TEST_F(NeedsTest, AStoreWithoutItsUrlGetsAPrivateServerElseASchema) {
  const auto own = needs_of("base: {store: {use: postgres}}");
  EXPECT_TRUE(own.postgres);
  EXPECT_FALSE(own.schema);
  EXPECT_FALSE(own.store_file);
  const auto users = needs_of("base: {store: {use: postgres, url: postgresql://there/db}}");
  EXPECT_FALSE(users.postgres);
  EXPECT_TRUE(users.schema);
  EXPECT_THAT(refusal("base: {store: {use: postgres, url: postgresql://there/db, schema: mine}}"),
              HasSubstr("x.yaml:2: store.schema: the bench makes a schema for each run"));
}

TEST_F(NeedsTest, ALockThatSpeaksRedisGetsItsNodes) {
  EXPECT_EQ(needs_of("base: {lock: {use: redlock}}").redis_nodes, 1);
  EXPECT_EQ(needs_of("base: {lock: {use: redlock, nodes: 3}}").redis_nodes, 3);
  EXPECT_EQ(needs_of("base: {lock: {use: redlock, urls: \"there:6379\"}}").redis_nodes, 0);
  EXPECT_EQ(needs_of("base: {lock: {use: per_user}}").redis_nodes, 0);
}

TEST_F(NeedsTest, AGateThatSpeaksRedisGetsOneOfItsOwn) {
  const auto keys_of = [this](const std::string& base) { return needs_of(base).redis_keys; };
  EXPECT_THAT(keys_of("base: {coupon: {gate: {use: redis_lua}}}"), ElementsAre("coupon.gate.url"));
  EXPECT_THAT(keys_of("base: {stock.gate.use: redis_lua}"), ElementsAre("stock.gate.url"));
  EXPECT_THAT(keys_of("base: {coupon.gate: {use: redis_lua, url: \"there:6379\"}}"), IsEmpty());
  EXPECT_THAT(keys_of("base: {coupon.gate.use: memory}"), IsEmpty());
  EXPECT_THAT(keys_of("base: {}"), IsEmpty());
}

TEST_F(NeedsTest, SeveralInstancesNeedAGateThatTheyCanShare) {
  EXPECT_THAT(refusal("base: {store: {use: postgres}, coupon.gate.use: memory}\ninstances: 3\n"),
              HasSubstr("instances: 3 instances need a gate that they can share; gate memory"));
  EXPECT_THAT(refusal("base: {store: {use: postgres}, stock.gate.use: memory}\ninstances: 3\n"),
              HasSubstr("instances: 3 instances need a gate that they can share; gate memory"));
}

TEST_F(NeedsTest, ATransportWithoutItsBrokersGetsAPrivateOne) {
  const auto own = needs_of("base: {topology: services, transport: {use: kafka}}");
  EXPECT_TRUE(own.kafka);
  EXPECT_TRUE(own.topics);
  const auto users =
      needs_of("base: {topology: services, transport: {use: kafka, brokers: \"there:9092\"}}");
  EXPECT_FALSE(users.kafka);
  EXPECT_TRUE(users.topics);
  EXPECT_EQ(users.skipped, "");
  const auto embedded =
      needs_of("base: {topology: services, transport: {use: kafka, brokers: embedded}}");
  EXPECT_FALSE(embedded.kafka);
  EXPECT_FALSE(embedded.topics);
  EXPECT_THAT(embedded.caveat, HasSubstr("embedded"));
  EXPECT_FALSE(needs_of("base: {topology: services, transport: {use: inline}}").kafka);
  EXPECT_THAT(refusal("base: {topology: services, transport: {use: kafka, topic: {prefix: a}}}"),
              HasSubstr("x.yaml:2: transport.topic.prefix: the bench gives each run topics"));
}

TEST_F(NeedsTest, WithoutKafkaTheCellIsSkippedAndTheOthersAreNot) {
  ::setenv("STAMPEDE_KAFKA_HOME", "/nonexistent", 1);
  const auto experiment =
      read("base: {topology: services}\nmatrix: {transport.use: [kafka, inline]}\n");
  ::unsetenv("STAMPEDE_KAFKA_HOME");
  ASSERT_TRUE(experiment) << config::describe(faults_);
  EXPECT_THAT(experiment->cells[0].needs.skipped,
              AllOf(HasSubstr("no Kafka"), HasSubstr("./dev setup")));
  EXPECT_EQ(experiment->cells[1].needs.skipped, "");
}

TEST_F(NeedsTest, SeveralInstancesShareNoEmbeddedBroker) {
  EXPECT_THAT(
      refusal("base: {topology: services, store: {use: postgres}, transport: {use: kafka, "
              "brokers: embedded}}\ninstances: 2\n"),
      HasSubstr("x.yaml:2: transport.brokers: the embedded broker lives within one process"));
}

TEST_F(NeedsTest, SeveralInstancesNeedAStoreThatTheyCanShare) {
  for (const auto* store : {"memory", "sqlite"}) {
    faults_.clear();
    EXPECT_THAT(
        refusal("base: {store: {use: " + std::string(store) + "}}\ninstances: 3\n"),
        AllOf(HasSubstr("x.yaml:3: instances: 3 instances need a store"), HasSubstr(store)));
  }
  faults_.clear();
  EXPECT_TRUE(needs_of("base: {store: {use: postgres}}\ninstances: 3\n").postgres);
}

TEST_F(NeedsTest, OnlyWhatTheBenchStartsCanBeBroken) {
  const auto broken = [&](const std::string& fault, const std::string& base = "{}") {
    faults_.clear();
    return refusal("base: " + base + "\nload: {executor: constant-vus, duration: 2s}\nfaults: [" +
                   fault + "]\n");
  };
  EXPECT_THAT(broken("{at: 1s, target: server 2, kind: kill}"),
              HasSubstr("x.yaml:4: faults: cannot kill server 2: of those the bench starts 1"));
  EXPECT_THAT(broken("{at: 1s, target: postgres, kind: kill}"), HasSubstr("starts 0"));
  EXPECT_THAT(broken("{at: 1s, target: redis 2, kind: empty}", "{lock: {use: redlock}}"),
              HasSubstr("cannot empty redis 2: of those the bench starts 1"));
  EXPECT_THAT(broken("{at: 3s, target: server, kind: kill}"),
              HasSubstr("\"kill server\" may come at 3s, when the window of 2s has closed"));
  faults_.clear();
  EXPECT_EQ(needs_of("base: {lock: {use: redlock, nodes: 3}}\n"
                     "load: {executor: constant-vus, duration: 2s}\n"
                     "faults: [{at: 99%, target: redis 3, kind: kill}]\n")
                .redis_nodes,
            3);
}

TEST_F(NeedsTest, AFaultNeedsALoadThatLastsAKnownTime) {
  EXPECT_THAT(refusal("base: {}\nload: {executor: shared-iterations, iterations: 9}\n"
                      "faults: [{at: 1s, target: server, kind: kill}]\n"),
              HasSubstr("a fault needs a load of a stated duration"));
}

TEST_F(NeedsTest, ALockThatDoesNotRunOnTheStoreIsNotApplicable) {
  const auto experiment =
      read("matrix: {lock.use: [pessimistic, per_user], store.use: [memory, postgres]}\n");
  ASSERT_TRUE(experiment) << config::describe(faults_);
  EXPECT_THAT(experiment->cells[0].needs.not_applicable,
              HasSubstr("lock pessimistic does not run on store memory"));
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(experiment->cells[i].needs.not_applicable, "");
}

TEST_F(NeedsTest, AProcessorThatIsNotThereIsRefused) {
  EXPECT_THAT(refusal("cpus: {server: [1000]}\n"),
              HasSubstr("x.yaml:2: cpus: this machine lets the bench use no CPU 1000"));
}

TEST_F(NeedsTest, WhatTheServerRefusesIsAFaultWithItsLine) {
  EXPECT_THAT(refusal("base:\n  lock: {use: redlock, nodes: many}\n  store: {use: postgrs}\n"),
              AllOf(HasSubstr("x.yaml:3: lock.nodes"), HasSubstr("x.yaml:4: store.use")));
}

}  // namespace
}  // namespace stampede::runner
