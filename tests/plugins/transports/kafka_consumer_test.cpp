// Consuming: batches, topics that fail, partitions that are lost, and commits.

#include <gmock/gmock.h>

#include <atomic>

#include "experiments/environment/ask_until.hpp"
#include "tests/plugins/transports/kafka_stand.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;
using check::numbered_events;
using check::soon;

TEST_F(KafkaOnMockTest, ABatchIsNeverLargerThanItShouldBeAndFillsUpWhenMuchIsWaiting) {
  check::Listener listener;
  const auto transport = on_mock({{"batch", "25"}, {"batch_wait", "200ms"}});
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 200, 10), soon()));
  EXPECT_TRUE(listener.has_taken(200));
  transport->stop();
  EXPECT_EQ(listener.largest(), 25U);
}

TEST_F(KafkaOnMockTest, ABatchOfOneIsOneEventEachTime) {
  check::Listener listener;
  const auto transport = on_mock({{"batch", "1"}});
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 50, 10), soon()));
  EXPECT_TRUE(listener.has_taken(50));
  transport->stop();
  EXPECT_EQ(listener.largest(), 1U);
  EXPECT_EQ(listener.calls(), 50U);
}

TEST_F(KafkaOnMockTest, ATopicThatFailsDoesNotHoldUpAnotherOfTheSameService) {
  mock_.create_topic(prefix_ + "FRUIT", 3);
  check::Listener broken([](std::span<const Event>, Deadline) -> Result<void> {
    return fail(ErrorCode::kUnavailable, "never");
  });
  check::Listener sound;
  const auto transport = on_mock();
  ASSERT_OK(transport->subscribe(kTopic, "garden", broken.handler()));
  ASSERT_OK(transport->subscribe("FRUIT", "garden", sound.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 10), soon()));
  ASSERT_TRUE(broken.waits_until([](const check::Listener& l) { return l.calls() >= 3; }));
  ASSERT_OK(transport->publish(numbered_events("FRUIT", 10, 100, 5), soon()));
  EXPECT_TRUE(sound.has_taken(100));
}

TEST_F(KafkaOnMockTest, WhatFailsComesAgainAsTheSameBatch) {
  std::mutex mutex;
  std::vector<std::vector<std::string>> batches;
  check::Listener listener([&](std::span<const Event> events, Deadline) -> Result<void> {
    const std::lock_guard lock(mutex);
    std::vector<std::string> ids;
    for (const auto& event : events) ids.push_back(event.id);
    batches.push_back(std::move(ids));
    if (batches.size() < 4) return fail(ErrorCode::kConflict, "not yet");
    return {};
  });
  const auto transport = on_mock({{"batch", "5"}});
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 20), soon()));
  EXPECT_TRUE(listener.has_taken(20));
  transport->stop();
  EXPECT_EQ(batches[0], batches[1]);
  EXPECT_EQ(batches[0], batches[2]);
  EXPECT_EQ(batches[0], batches[3]);
  EXPECT_EQ(transport->stats().redelivered, std::ssize(batches[0]) * 3);
}

TEST_F(KafkaOnMockTest, WhatAHandlerThrowsIsMetLikeAnError) {
  std::atomic<int> calls = 0;
  check::Listener listener([&](std::span<const Event>, Deadline) -> Result<void> {
    if (calls.fetch_add(1) == 0) throw std::runtime_error("a bug");
    return {};
  });
  const auto transport = on_mock();
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 3), soon()));
  EXPECT_TRUE(listener.has_taken(3));
  EXPECT_EQ(gauge(*transport, "handler_errors"), 1);
}

// The session runs out while a handler is busy, and another instance gets the partition: when the
// handler returns, it commits nothing, and goes on with what it is given then.
TEST_F(KafkaOnMockTest, AHandlerWhosePartitionWasLostCommitsNothing) {
  check::Barrier barrier;
  check::Listener busy([&](std::span<const Event>, Deadline) -> Result<void> {
    barrier.pass();
    return {};
  });
  check::Listener other;
  const auto first = on_mock();
  ASSERT_OK(first->subscribe(kTopic, "garden", busy.handler()));
  ASSERT_OK(first->start());
  ASSERT_OK(first->publish(numbered_events(kTopic, 0, 1), soon()));
  ASSERT_TRUE(barrier.is_waited_at());
  mock_.answer(MockKafka::Request::kHeartbeat, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1);
  const auto second = on_mock();
  ASSERT_OK(second->subscribe(kTopic, "garden", other.handler()));
  ASSERT_OK(second->start());
  ASSERT_TRUE(other.has_taken(1));
  barrier.open();
  EXPECT_TRUE(
      environment::ask_until(soon(), [&] { return gauge(*first, "partitions_lost") >= 1; }));
  EXPECT_EQ(gauge(*first, "commit_errors"), 0);  // It does not even try.
  ASSERT_OK(second->publish(numbered_events(kTopic, 1, 30, 30), soon()));
  EXPECT_TRUE(environment::ask_until(
      soon(), [&] { return first->stats().delivered + second->stats().delivered >= 32; }));
}

// A topic whose events fail is paused. A partition that goes to somebody else meanwhile and comes
// back is not to stay paused for ever.
TEST_F(KafkaOnBrokerTest, APartitionThatComesBackIsReadAgain) {
  std::atomic<bool> is_broken = true;
  check::Listener mine([&](std::span<const Event>, Deadline) -> Result<void> {
    if (is_broken) return fail(ErrorCode::kUnavailable, "not now");
    return {};
  });
  check::Listener theirs([&](std::span<const Event>, Deadline) -> Result<void> {
    return fail(ErrorCode::kUnavailable, "never");
  });
  const auto first = on_broker({{"retry.max", "50ms"}});
  ASSERT_OK(first->subscribe("FLOWERS", "garden", mine.handler()));
  ASSERT_OK(first->start());
  ASSERT_OK(first->publish(numbered_events("FLOWERS", 0, 60, 30), soon()));
  ASSERT_TRUE(mine.waits_until([](const check::Listener& l) { return l.calls() >= 3; }));
  const auto second = on_broker();
  ASSERT_OK(second->subscribe("FLOWERS", "garden", theirs.handler()));
  ASSERT_OK(second->start());
  ASSERT_TRUE(theirs.waits_until([](const check::Listener& l) { return l.calls() >= 1; }));
  // What the first still has is read, and its topic goes on; what the second has is elsewhere.
  is_broken = false;
  ASSERT_TRUE(environment::ask_until(soon(), [&] { return first->stats().delivered > 0; }));
  second->stop();
  ASSERT_TRUE(environment::ask_until(soon(), [&] { return gauge(*first, "partitions") == 3; }));
  EXPECT_TRUE(environment::ask_until(soon(), [&] {
    const auto stats = first->stats();
    return stats.delivered >= 60 && stats.lags.size() == 1 && stats.lags.front().events == 0;
  }));
}

TEST_F(KafkaOnMockTest, ACommitThatFailsIsMadeAgain) {
  check::Listener listener;
  auto transport = on_mock();
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  mock_.answer(MockKafka::Request::kOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN, 2);
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 10, 5), soon()));
  EXPECT_TRUE(listener.has_taken(10));
  EXPECT_TRUE(environment::ask_until(soon(), [&] {
    const auto stats = transport->stats();
    return stats.lags.size() == 1 && stats.lags.front().events == 0;
  }));
  EXPECT_GE(gauge(*transport, "commit_errors"), 1);
}

TEST_F(KafkaOnMockTest, CommitsKeepTheirDistanceAndTheLastOneIsMadeAtTheEnd) {
  const auto lag_is = [](const Transport& transport, std::int64_t events) {
    const auto stats = transport.stats();
    return stats.lags.size() == 1 && stats.lags.front().events == events;
  };
  check::Listener first;
  const auto transport = on_mock({{"commit.interval", "1m"}});
  ASSERT_OK(transport->subscribe(kTopic, "garden", first.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 1), soon()));
  ASSERT_TRUE(environment::ask_until(
      soon(), [&] { return transport->stats().delivered == 1 && lag_is(*transport, 0); }));
  ASSERT_OK(transport->publish(numbered_events(kTopic, 1, 20, 5), soon()));
  ASSERT_TRUE(first.has_taken(21));
  EXPECT_FALSE(environment::ask_until(in(500ms), [&] { return lag_is(*transport, 0); }));
  EXPECT_TRUE(environment::ask_until(soon(), [&] { return lag_is(*transport, 20); }));
  transport->stop();

  check::Listener next;
  const auto successor = on_mock();
  ASSERT_OK(successor->subscribe(kTopic, "garden", next.handler()));
  ASSERT_OK(successor->start());
  ASSERT_OK(successor->publish(numbered_events(kTopic, 21, 5, 5), soon()));
  EXPECT_TRUE(next.has_taken(5));
  EXPECT_TRUE(environment::ask_until(soon(), [&] { return lag_is(*successor, 0); }));
  successor->stop();
  EXPECT_EQ(next.ids().size(), 5U);
}

}  // namespace
}  // namespace stampede::test
