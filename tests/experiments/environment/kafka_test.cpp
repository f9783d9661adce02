// A private Kafka broker comes up by itself, keeps what it acknowledged when it is killed, and
// never stays behind.

#include "experiments/environment/kafka.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/kafka_topics.hpp"
#include "experiments/environment/owner.hpp"
#include "experiments/environment/scratch.hpp"
#include "tests/experiments/environment/kafka_client.hpp"
#include "tests/experiments/environment/private_servers.hpp"

namespace stampede::environment {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class KafkaTest : public PrivateServersTest {
 protected:
  void SetUp() override { SKIP_WITHOUT(find_kafka()); }
};

TEST_F(KafkaTest, AnswersAndIsGoneAfterwards) {
  pid_t pid = 0;
  {
    const auto scratch = Scratch::make();
    ASSERT_TRUE(scratch);
    auto kafka = Kafka::start({.folder = scratch->path() / "kafka"}, 180s);
    ASSERT_TRUE(kafka) << kafka.error().message;
    pid = kafka->pid();
    KafkaClient client(kafka->address());
    EXPECT_THAT(client.topics(), IsEmpty());
    client.create_topic("flowers");
    EXPECT_THAT(client.topics(), ElementsAre("flowers"));
  }
  EXPECT_FALSE(owner_of(pid));
  EXPECT_TRUE(is_empty());
}

TEST_F(KafkaTest, KeepsItsTopicsWhenItIsKilledAndRestarted) {
  const auto scratch = Scratch::make();
  auto kafka = Kafka::start({.folder = scratch->path() / "kafka"}, 180s);
  ASSERT_TRUE(kafka) << kafka.error().message;
  KafkaClient client(kafka->address());
  client.create_topic("flowers");
  const auto address = kafka->address();
  kafka->kill();
  EXPECT_FALSE(kafka->alive());
  const auto back = kafka->restart(180s);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(kafka->address(), address);
  EXPECT_THAT(client.topics(), ElementsAre("flowers"));
}

TEST_F(KafkaTest, WhatBeginsWithThePrefixOfARunIsRemovedAndNothingElse) {
  const auto scratch = Scratch::make();
  auto kafka = Kafka::start({.folder = scratch->path() / "kafka"}, 180s);
  ASSERT_TRUE(kafka) << kafka.error().message;
  KafkaClient client(kafka->address());
  for (const auto* topic : {"run-1.flowers", "run-1.fruit", "run-10.flowers", "mine"}) {
    client.create_topic(topic);
  }
  const auto removed = remove_topics(kafka->address(), "run-1.");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_TRUE(ask_until(std::chrono::steady_clock::now() + 20s,
                        [&] { return client.topics().size() == 2; }));
  EXPECT_THAT(client.topics(), UnorderedElementsAre("run-10.flowers", "mine"));
  EXPECT_FALSE(remove_topics(kafka->address(), ""));
}

TEST_F(KafkaTest, OfAKilledBenchIsGone) {
  const auto pid = static_cast<pid_t>(told_by_killed_process([](const auto& tell) {
    const auto scratch = Scratch::make();
    if (!scratch) return;
    const auto kafka = Kafka::start({.folder = scratch->path() / "kafka"}, 180s);
    if (kafka) tell(kafka->pid());
  }));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(ask_until(std::chrono::steady_clock::now() + 10s,
                        [&] { return !owner_of(pid).has_value(); }));
  EXPECT_EQ(remove_abandoned().size(), 1U);
  EXPECT_TRUE(is_empty());
}

TEST_F(PrivateServersTest, AMissingKafkaIsOneLineThatNamesTheRemedy) {
  ::setenv("STAMPEDE_KAFKA_HOME", root_.c_str(), 1);
  const auto kafka = Kafka::start({.folder = root_ / "kafka"}, 180s);
  ::unsetenv("STAMPEDE_KAFKA_HOME");
  ASSERT_FALSE(kafka);
  EXPECT_EQ(kafka.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(kafka.error().message,
              AllOf(HasSubstr("no Kafka"), HasSubstr("./dev setup"), Not(HasSubstr("\n"))));
}

TEST_F(PrivateServersTest, ADownloadedKafkaIsFoundByItsFolder) {
  std::filesystem::create_directories(root_ / "libs");
  std::ofstream(root_ / "libs" / "kafka_2.13-9.8.7.jar").put('x');
  ::setenv("STAMPEDE_KAFKA_HOME", root_.c_str(), 1);
  const auto found = find_kafka();
  ::unsetenv("STAMPEDE_KAFKA_HOME");
  if (!found) GTEST_SKIP() << found.error().message;  // Without Java.
  EXPECT_EQ(found->version, "9.8.7");
  EXPECT_EQ(found->jars, root_ / "libs");
}

}  // namespace
}  // namespace stampede::environment
