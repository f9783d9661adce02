// What the tests of the Kafka transport share: transports with options of a test's own.

#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/plugin/catalog.hpp"
#include "experiments/check/transport_trial.hpp"
#include "tests/support/kafka_brokers.hpp"

namespace stampede::test {

class KafkaTransportTest : public testing::Test {
 protected:
  KafkaTransportTest() : catalog_({STAMPEDE_PLUGIN_DIR}) {}

  Result<std::unique_ptr<Transport>> try_make(plugin::Settings settings) {
    settings.emplace("topic.prefix", prefix_);
    settings.emplace("group.prefix", prefix_);
    settings.emplace("session.timeout", "6s");
    return catalog_.create<Transport>("kafka", settings);
  }
  std::unique_ptr<Transport> make(plugin::Settings settings) {
    auto made = try_make(std::move(settings));
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(*made);
  }

  static double gauge(const Transport& transport, const std::string& name) {
    for (const auto& [gauge, value] : transport.stats().gauges) {
      if (gauge == name) return value;
    }
    return -1;
  }

  static inline std::atomic<int> made_ = 0;
  const std::string prefix_ =
      "test-" + std::to_string(::getpid()) + "-" + std::to_string(++made_) + ".";
  plugin::Catalog catalog_;
};

// On librdkafka's broker, with a topic of three partitions.
class KafkaOnMockTest : public KafkaTransportTest {
 protected:
  KafkaOnMockTest() { mock_.create_topic(prefix_ + kTopic, 3); }

  std::unique_ptr<Transport> on_mock(plugin::Settings settings = {}) {
    settings["brokers"] = mock_.address();
    return make(std::move(settings));
  }

  static constexpr const char* kTopic = "FLOWERS";
  MockKafka mock_;
};

// On the real broker of this program; skipped where there is none.
class KafkaOnBrokerTest : public KafkaTransportTest {
 protected:
  void SetUp() override {
    if (const auto& why = RealKafka::instance().missing(); !why.empty()) GTEST_SKIP() << why;
  }
  std::unique_ptr<Transport> on_broker(plugin::Settings settings = {}) {
    settings["brokers"] = RealKafka::instance().address();
    return make(std::move(settings));
  }
};

#define ASSERT_OK(result) \
  if (const auto done = (result); !done) GTEST_FAIL() << done.error().message

inline Deadline in(std::chrono::milliseconds time) { return Clock::now() + time; }

}  // namespace stampede::test
