// Kafka for tests: librdkafka's broker within the test program, and a real one of its own.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "experiments/environment/kafka.hpp"
#include "experiments/environment/scratch.hpp"
#include "plugins/transports/kafka/embedded_broker.hpp"

namespace stampede::test {

// Several clients may share it, unlike the one of `brokers: embedded`. Knows the topics that were
// created here.
class MockKafka {
 public:
  std::string address() const { return broker_.address(); }
  void create_topic(const std::string& name, std::int32_t partitions);

 private:
  transports::kafka::EmbeddedBroker broker_;
};

// The real broker of this program: started by the first who asks, and ends with the program,
// however that ends. Ask from the thread that lives longest.
class RealKafka {
 public:
  static RealKafka& instance();
  RealKafka(const RealKafka&) = delete;
  RealKafka& operator=(const RealKafka&) = delete;

  // Why there is none: "" when it runs. For GTEST_SKIP. Throws std::runtime_error when it is there
  // and does not start.
  const std::string& missing() const { return missing_; }

  std::string address() const { return broker_->address(); }
  environment::Kafka& broker() { return *broker_; }

 private:
  RealKafka();
  ~RealKafka() = default;

  std::string missing_;
  std::optional<environment::Scratch> scratch_;
  std::optional<environment::Kafka> broker_;
};

}  // namespace stampede::test
