// Kafka for tests: librdkafka's broker within the test program, and a real one of its own.

#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "experiments/environment/kafka.hpp"
#include "experiments/environment/scratch.hpp"

struct rd_kafka_mock_cluster_s;

namespace stampede::test {

// Several clients may share it, unlike the one of `brokers: embedded`. Knows the topics that were
// created here, and does what it is told to.
class MockKafka {
 public:
  enum class Request : std::int16_t { kProduce = 0, kOffsetCommit = 8, kHeartbeat = 12 };

  MockKafka();

  std::string address() const;
  void create_topic(const std::string& name, std::int32_t partitions);

  // Closes its connections and takes no new ones, until it is up again.
  void go_down();
  void come_up();
  // Answers so many of the next requests of this kind with an error.
  void answer(Request request, rd_kafka_resp_err_t error, int times);

 private:
  struct Ended {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    void operator()(rd_kafka_mock_cluster_s* cluster) const;
  };

  std::unique_ptr<rd_kafka_t, Ended> client_;
  std::unique_ptr<rd_kafka_mock_cluster_s, Ended> cluster_;
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
