// librdkafka's handles as C++ values, its settings and its errors. A Client is safe for concurrent
// use; the rest belongs to one thread at a time.

#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::transports::kafka {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using Client = std::unique_ptr<rd_kafka_t, Freed<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Freed<rd_kafka_queue_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Freed<rd_kafka_message_destroy>>;
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Freed<rd_kafka_topic_partition_list_destroy>>;
using KafkaError = std::unique_ptr<rd_kafka_error_t, Freed<rd_kafka_error_destroy>>;

// The settings of a client to be. Throws std::runtime_error for one that librdkafka refuses: a bug.
class Settings {
 public:
  explicit Settings(const std::string& brokers);

  Settings& set(const std::string& name, const std::string& value);
  Settings& set(const std::string& name, std::int64_t value);
  Settings& set_ms(const std::string& name, std::chrono::nanoseconds value);  // At least 1 ms.

  // For callbacks, which run in the thread that polls the client.
  rd_kafka_conf_t* get() const { return settings_.get(); }

  // Throws std::runtime_error when there is no memory or no thread for it.
  Client make(rd_kafka_type_t type) &&;

 private:
  std::unique_ptr<rd_kafka_conf_t, Freed<rd_kafka_conf_destroy>> settings_;
};

Error error_of(rd_kafka_resp_err_t code, const std::string& what);

// For librdkafka's timeouts: what is left until then, rounded up, never negative.
int left_ms(Deadline deadline);

PartitionList make_list(std::size_t capacity);

}  // namespace stampede::transports::kafka
