// What the tests of a private Kafka ask it, through one client that comes back after an outage.

#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace stampede::environment {

class KafkaClient {
 public:
  explicit KafkaClient(const std::string& address) {
    std::array<char, 256> error{};
    auto* const settings = rd_kafka_conf_new();
    rd_kafka_conf_set(settings, "bootstrap.servers", address.c_str(), error.data(), error.size());
    rd_kafka_conf_set(settings, "log_level", "0", error.data(), error.size());
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, settings, error.data(), error.size()));
  }

  void create_topic(const std::string& name) {
    std::array<char, 256> error{};
    auto* topic = rd_kafka_NewTopic_new(name.c_str(), 1, 1, error.data(), error.size());
    auto* const queue = rd_kafka_queue_new(client_.get());
    rd_kafka_CreateTopics(client_.get(), &topic, 1, nullptr, queue);
    auto* const event = rd_kafka_queue_poll(queue, kPatienceMs);
    EXPECT_TRUE(event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
  }

  // Without Kafka's own.
  std::vector<std::string> topics() {
    std::vector<std::string> names;
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &metadata, kPatienceMs);
    EXPECT_EQ(code, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(code);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return names;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const std::string name = metadata->topics[i].topic;
      if (!name.starts_with("__")) names.push_back(name);
    }
    rd_kafka_metadata_destroy(metadata);
    return names;
  }

 private:
  static constexpr int kPatienceMs = 20'000;
  struct Ended {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  };
  std::unique_ptr<rd_kafka_t, Ended> client_;
};

}  // namespace stampede::environment
