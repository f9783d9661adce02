#include "tests/benchmarks/raw_kafka.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace stampede::benchmarks {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMs = 100;
constexpr int kCommitEvery = 100;
constexpr std::chrono::seconds kPatience{60};

struct Ended {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, Ended>;

Client make(rd_kafka_type_t type,
            const std::vector<std::pair<const char*, std::string>>& settings) {
  std::array<char, 256> error{};
  auto* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size()) !=
        RD_KAFKA_CONF_OK) {
      throw std::runtime_error(error.data());
    }
  }
  Client client(rd_kafka_new(type, conf, error.data(), error.size()));
  if (!client) throw std::runtime_error(error.data());
  return client;
}

Client make_consumer(const KafkaLoad& load) {
  auto consumer = make(RD_KAFKA_CONSUMER, {{"bootstrap.servers", load.brokers},
                                           {"group.id", load.group},
                                           {"auto.offset.reset", "latest"},
                                           {"enable.auto.commit", "false"},
                                           {"fetch.wait.max.ms", "50"}});
  rd_kafka_poll_set_consumer(consumer.get());
  auto* const topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, load.topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(consumer.get(), topics);
  rd_kafka_topic_partition_list_destroy(topics);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
  return consumer;
}

void produce(const KafkaLoad& load, rd_kafka_t* producer, int messages) {
  auto* const topic = rd_kafka_topic_new(producer, load.topic.c_str(), nullptr);
  std::string payload(static_cast<std::size_t>(load.size), 'x');
  for (int i = 0; i < messages; ++i) {
    const auto key = std::to_string(i % 1'000);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload.data(),
                            payload.size(), key.data(), key.size(), nullptr) != 0) {
      rd_kafka_poll(producer, kPollMs);  // Its queue is full.
    }
    rd_kafka_poll(producer, 0);
  }
  rd_kafka_flush(producer, static_cast<int>(std::chrono::milliseconds(kPatience).count()));
  rd_kafka_topic_destroy(topic);
}

void consume(rd_kafka_t* consumer, int messages) {
  const auto deadline = Clock::now() + kPatience;
  for (int received = 0; received < messages;) {
    if (Clock::now() > deadline) throw std::runtime_error("the raw loop does not get its messages");
    auto* const message = rd_kafka_consumer_poll(consumer, kPollMs);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && ++received % kCommitEvery == 0) {
      rd_kafka_commit_message(consumer, message, 1);
    }
    rd_kafka_message_destroy(message);
  }
}

bool has_partitions(rd_kafka_t* consumer) {
  rd_kafka_topic_partition_list_t* assigned = nullptr;
  rd_kafka_assignment(consumer, &assigned);
  const bool some = assigned != nullptr && assigned->cnt > 0;
  if (assigned != nullptr) rd_kafka_topic_partition_list_destroy(assigned);
  return some;
}

// Its position is known once it has received something.
void warm_up(const KafkaLoad& load, rd_kafka_t* producer, rd_kafka_t* consumer) {
  const auto deadline = Clock::now() + kPatience;
  rd_kafka_message_t* message = nullptr;
  while (message == nullptr) {
    if (Clock::now() > deadline) throw std::runtime_error("the raw consumer gets no partition");
    message = rd_kafka_consumer_poll(consumer, kPollMs);
    if (message == nullptr && has_partitions(consumer)) produce(load, producer, 1);
  }
  // Until nothing comes any more: what came before the start must not be counted after it.
  while (message != nullptr) {
    rd_kafka_message_destroy(message);
    message = rd_kafka_consumer_poll(consumer, 2 * kPollMs);
  }
}

}  // namespace

double raw_kafka_rate(const KafkaLoad& load) {
  const auto producer = make(RD_KAFKA_PRODUCER, {{"bootstrap.servers", load.brokers},
                                                 {"enable.idempotence", "true"},
                                                 {"acks", "all"},
                                                 {"linger.ms", "5"}});
  const auto consumer = make_consumer(load);
  warm_up(load, producer.get(), consumer.get());
  const auto started = Clock::now();
  std::jthread producing([&] { produce(load, producer.get(), load.messages); });
  consume(consumer.get(), load.messages);
  const std::chrono::duration<double> took = Clock::now() - started;
  producing.join();
  rd_kafka_consumer_close(consumer.get());
  return load.messages / took.count();
}

}  // namespace stampede::benchmarks
