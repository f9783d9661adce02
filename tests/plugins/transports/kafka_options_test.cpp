// What the Kafka transport refuses, and how it says so.

#include <gmock/gmock.h>

#include "tests/plugins/transports/kafka_stand.hpp"

namespace stampede::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(KafkaTransportTest, BrokersThatAreNoAddressesAreRefusedByName) {
  for (const auto* brokers : {"there", "there:port", "there:0", ":9092", "a:1,,b:2", "a:1 , b:2",
                              "kafka://there:9092", "embeded"}) {
    const auto made = try_make({{"brokers", brokers}});
    ASSERT_FALSE(made) << brokers;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(made.error().message, AllOf(HasSubstr("brokers"), HasSubstr("host:port")));
  }
  EXPECT_TRUE(try_make({{"brokers", "one:9092,two:9093,[::1]:9094"}}));
  EXPECT_TRUE(try_make({{"brokers", "embedded"}}));
}

TEST_F(KafkaTransportTest, APrefixThatIsNoPartOfATopicIsRefused) {
  const auto made = try_make({{"brokers", "embedded"}, {"topic.prefix", "my topics/"}});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, AllOf(HasSubstr("topic.prefix"), HasSubstr("my topics/")));
}

TEST_F(KafkaTransportTest, WithoutBrokersItDoesNotStartAndSaysWhatToDo) {
  const auto transport = make({});
  const auto started = transport->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(started.error().message, AllOf(HasSubstr("'brokers'"), HasSubstr("embedded")));
}

TEST_F(KafkaTransportTest, ABrokerThatCannotBeReachedIsUnavailableInTime) {
  check::Listener listener;
  const auto transport = make({{"brokers", "127.0.0.1:1"}, {"timeout", "300ms"}});
  ASSERT_OK(transport->subscribe("FLOWERS", "garden", listener.handler()));
  const auto begun = Clock::now();
  const auto started = transport->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(started.error().message, HasSubstr("127.0.0.1:1"));
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(KafkaOnMockTest, ATopicWithOtherPartitionsIsRefused) {
  check::Listener listener;
  const auto transport = on_mock({{"partitions", "4"}});
  ASSERT_OK(transport->subscribe(kTopic, "garden", listener.handler()));
  const auto started = transport->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(started.error().message, AllOf(HasSubstr("has 3 partitions"), HasSubstr("says 4")));
}

TEST_F(KafkaTransportTest, SubscriptionsThatMakeNoSenseAreRefused) {
  check::Listener listener;
  const auto transport = make({{"brokers", "embedded"}});
  ASSERT_OK(transport->subscribe("FLOWERS", "garden", listener.handler()));
  EXPECT_FALSE(transport->subscribe("FLOWERS", "garden", listener.handler()));  // Twice.
  EXPECT_FALSE(transport->subscribe("", "garden", listener.handler()));
  EXPECT_FALSE(transport->subscribe("two words", "garden", listener.handler()));
  EXPECT_FALSE(transport->publish(check::numbered_events("FLOWERS", 0, 1), check::soon()));
  ASSERT_OK(transport->start());
  EXPECT_FALSE(transport->subscribe("FRUIT", "garden", listener.handler()));  // Too late.
  EXPECT_FALSE(transport->start());
  const auto published =
      transport->publish(check::numbered_events("two words", 0, 1), check::soon());
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace stampede::test
