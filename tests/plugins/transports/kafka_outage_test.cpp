// A real broker that is killed, restarted or frozen: what was acknowledged arrives, and nothing
// hangs.

#include <gmock/gmock.h>

#include <atomic>
#include <stop_token>
#include <thread>

#include "experiments/environment/ask_until.hpp"
#include "tests/plugins/transports/kafka_stand.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;
using check::numbered_events;
using check::soon;

constexpr const char* kTopic = "FLOWERS";

TEST_F(KafkaOnBrokerTest, WhatWasAcknowledgedSurvivesABrokerThatIsKilled) {
  auto& broker = RealKafka::instance().broker();
  check::Listener listener;
  const auto transport = on_broker();
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  std::atomic<int> acknowledged = 0;
  std::jthread publisher([&](const std::stop_token& enough) {
    for (int i = 0; !enough.stop_requested(); ++i) {
      // Again until it is acknowledged, as a relay does.
      while (!transport->publish(numbered_events(kTopic, i, 1, 5), in(2s))) {
        if (enough.stop_requested()) return;
      }
      ++acknowledged;
    }
  });
  ASSERT_TRUE(environment::ask_until(soon(), [&] { return acknowledged >= 50; }));
  broker.kill();
  const auto back = broker.restart(180s);
  ASSERT_TRUE(back) << back.error().message;
  const int before = acknowledged;
  EXPECT_TRUE(environment::ask_until(in(120s), [&] { return acknowledged >= before + 50; }));
  publisher.request_stop();
  publisher.join();
  EXPECT_TRUE(environment::ask_until(
      in(120s), [&] { return listener.comes_to(static_cast<std::size_t>(acknowledged)); }));
  transport->stop();
  EXPECT_GE(listener.ids().size(), static_cast<std::size_t>(acknowledged));
}

TEST_F(KafkaOnBrokerTest, AFrozenBrokerIsATimeoutAndAnEndAllTheSame) {
  auto& broker = RealKafka::instance().broker();
  check::Listener listener;
  const auto transport = on_broker({{"timeout", "2s"}});
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 5), soon()));
  EXPECT_TRUE(listener.has_taken(5));
  broker.pause();
  const auto published = transport->publish(numbered_events(kTopic, 5, 1), in(300ms));
  EXPECT_TRUE(!published && published.error().code == ErrorCode::kTimeout);
  // What cannot be asked is not taken for "nothing to do".
  EXPECT_GE(transport->stats().lags.front().events, 1);
  const auto begun = Clock::now();
  transport->stop();
  EXPECT_LT(Clock::now() - begun, 20s);
  // Destroying what the broker does not let go might wait for ever.
  EXPECT_EQ(gauge(*transport, "consumers_abandoned"), 1);
  broker.resume();
}

// A topic that was created while nobody knew it, by its first event.
TEST_F(KafkaOnBrokerTest, ATopicIsMadeByItsFirstEvent) {
  check::Listener listener;
  const auto publisher = on_broker({{"partitions", "2"}});
  ASSERT_OK(publisher->start());
  ASSERT_OK(publisher->publish(numbered_events(kTopic, 0, 3, 2), soon()));
  const auto consumer = on_broker({{"partitions", "2"}});
  ASSERT_OK(consumer->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(consumer->start());
  EXPECT_TRUE(listener.has_taken(3));
}

}  // namespace
}  // namespace stampede::test
