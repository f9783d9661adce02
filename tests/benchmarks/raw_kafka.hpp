// What a program does that moves messages through Kafka by librdkafka with nothing around it: the
// limit that the Kafka transport is held against.

#pragma once

#include <string>

namespace stampede::benchmarks {

struct KafkaLoad {
  std::string brokers;
  std::string topic;  // Exists.
  std::string group;
  int messages = 0;
  int size = 0;  // Bytes of each payload.
};

// Messages a second: produced with an idempotent producer and every acknowledgement, consumed by
// one consumer, committed every hundred, from the first produced to the last consumed. The consumer
// has joined its group before.
double raw_kafka_rate(const KafkaLoad& load);

}  // namespace stampede::benchmarks
