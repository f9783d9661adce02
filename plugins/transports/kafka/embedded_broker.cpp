#include "plugins/transports/kafka/embedded_broker.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <stdexcept>

namespace stampede::transports::kafka {

EmbeddedBroker::EmbeddedBroker()
    : client_(Settings("127.0.0.1:1").make(RD_KAFKA_PRODUCER)),
      cluster_(rd_kafka_mock_cluster_new(client_.get(), 1)) {
  if (!cluster_) throw std::runtime_error("the embedded Kafka broker does not start");
}

void EmbeddedBroker::Ended::operator()(rd_kafka_mock_cluster_s* cluster) const {
  rd_kafka_mock_cluster_destroy(cluster);
}

std::string EmbeddedBroker::address() const {
  return rd_kafka_mock_cluster_bootstraps(cluster_.get());
}

Result<void> EmbeddedBroker::create_topic(const std::string& name, std::int32_t partitions) {
  const auto made = rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, 1);
  if (made == RD_KAFKA_RESP_ERR_NO_ERROR || made == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    return {};
  }
  return Unexpected(error_of(made, "cannot create the topic " + name));
}

}  // namespace stampede::transports::kafka
