// librdkafka's broker within this process, for demos and tests: it forgets what is old, and
// everything when the process ends. Safe for concurrent use.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/api/result.hpp"
#include "plugins/transports/kafka/client.hpp"

struct rd_kafka_mock_cluster_s;

namespace stampede::transports::kafka {

class EmbeddedBroker {
 public:
  EmbeddedBroker();  // Throws std::runtime_error when it cannot be started.

  std::string address() const;  // "127.0.0.1:40001"

  // It knows no CreateTopics request.
  Result<void> create_topic(const std::string& name, std::int32_t partitions);

 private:
  struct Ended {
    void operator()(rd_kafka_mock_cluster_s* cluster) const;
  };

  Client client_;
  std::unique_ptr<rd_kafka_mock_cluster_s, Ended> cluster_;
};

}  // namespace stampede::transports::kafka
