// Publishing: what a full buffer, a silent broker and an error that cannot be recovered from do.

#include <gmock/gmock.h>

#include <future>

#include "experiments/environment/ask_until.hpp"
#include "tests/plugins/transports/kafka_stand.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;
using check::numbered_events;
using check::soon;

TEST_F(KafkaOnMockTest, AFullBufferIsOverloadedAndNothingThatWasTakenIsLost) {
  check::Listener listener;
  const auto transport = on_mock({{"producer.buffer", "4096"}, {"producer.timeout", "60s"}});
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 1), soon()));
  mock_.go_down();
  auto taken = std::async(std::launch::async, [&] {
    auto events = numbered_events(kTopic, 1, 1);
    events.front().payload = std::string(3'000, 'x');
    return transport->publish(events, in(20s));
  });
  ASSERT_TRUE(
      environment::ask_until(soon(), [&] { return gauge(*transport, "queue_bytes") > 3'000; }));
  auto events = numbered_events(kTopic, 2, 1);
  events.front().payload = std::string(3'000, 'y');
  const auto refused = transport->publish(events, soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(gauge(*transport, "overloaded"), 1);
  mock_.come_up();
  ASSERT_OK(taken.get());
  // librdkafka makes room only after it has reported the acknowledgement.
  ASSERT_TRUE(environment::ask_until(
      soon(), [&] { return transport->publish(events, soon()).has_value(); }));
  EXPECT_TRUE(listener.has_taken(3));
  EXPECT_EQ(gauge(*transport, "queue_bytes"), 0);
  EXPECT_EQ(gauge(*transport, "queue_messages"), 0);
}

TEST_F(KafkaOnMockTest, ASilentBrokerIsATimeoutWithinTheDeadline) {
  check::Listener listener;
  const auto transport = on_mock();
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 1), soon()));
  mock_.go_down();
  const auto begun = Clock::now();
  const auto late = transport->publish(numbered_events(kTopic, 1, 1), in(200ms));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_LT(Clock::now() - begun, 10s);
  EXPECT_EQ(gauge(*transport, "timeouts"), 1);
  mock_.come_up();
  // As the contract says: all of them again.
  ASSERT_OK(transport->publish(numbered_events(kTopic, 1, 1), soon()));
  EXPECT_TRUE(listener.has_taken(2));
}

TEST_F(KafkaOnMockTest, AProducerThatCannotGoOnIsReplaced) {
  check::Listener listener;
  const auto transport = on_mock();
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  ASSERT_OK(transport->start());
  ASSERT_OK(transport->publish(numbered_events(kTopic, 0, 1), soon()));
  // Fatal for an idempotent producer: what it was sure of is not true.
  mock_.answer(MockKafka::Request::kProduce, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, 1);
  mock_.answer(MockKafka::Request::kProduce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, 1);
  for (int i = 0; i < 20 && gauge(*transport, "producers_replaced") < 1; ++i) {
    const auto ignored = transport->publish(numbered_events(kTopic, 1, 1), in(5s));
    static_cast<void>(ignored);
  }
  EXPECT_GE(gauge(*transport, "producers_replaced"), 1);
  ASSERT_OK(transport->publish(numbered_events(kTopic, 1, 1), soon()));
  EXPECT_TRUE(listener.has_taken(2));
}

}  // namespace
}  // namespace stampede::test
