#include "tests/support/kafka_brokers.hpp"

#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stampede::test {

namespace {

// A busy machine takes a minute to start Java.
constexpr std::chrono::seconds kPatience{180};
constexpr std::int32_t kBroker = 1;  // librdkafka counts its brokers from one.

// It serves and connects to nobody, which is no news.
rd_kafka_conf_t* quiet_settings() {
  auto* const settings = rd_kafka_conf_new();
  rd_kafka_conf_set(settings, "log_level", "0", nullptr, 0);
  return settings;
}

template <typename T>
T given(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace

void MockKafka::Ended::operator()(rd_kafka_mock_cluster_s* cluster) const {
  rd_kafka_mock_cluster_destroy(cluster);
}

MockKafka::MockKafka()
    : client_(rd_kafka_new(RD_KAFKA_PRODUCER, quiet_settings(), nullptr, 0)),
      cluster_(rd_kafka_mock_cluster_new(client_.get(), 1)) {
  if (!cluster_) throw std::runtime_error("librdkafka's broker does not start");
}

std::string MockKafka::address() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

void MockKafka::create_topic(const std::string& name, std::int32_t partitions) {
  const auto made = rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, 1);
  if (made != RD_KAFKA_RESP_ERR_NO_ERROR && made != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    throw std::runtime_error(rd_kafka_err2str(made));
  }
}

void MockKafka::go_down() { rd_kafka_mock_broker_set_down(cluster_.get(), kBroker); }
void MockKafka::come_up() { rd_kafka_mock_broker_set_up(cluster_.get(), kBroker); }

void MockKafka::answer(Request request, rd_kafka_resp_err_t error, int times) {
  const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(times), error);
  rd_kafka_mock_push_request_errors_array(cluster_.get(), static_cast<std::int16_t>(request),
                                          errors.size(), errors.data());
}

RealKafka& RealKafka::instance() {
  static RealKafka kafka;
  return kafka;
}

RealKafka::RealKafka() {
  if (const auto found = environment::find_kafka(); !found) {
    missing_ = found.error().message;
    return;
  }
  environment::remove_abandoned();
  scratch_.emplace(given(environment::Scratch::make()));
  broker_.emplace(
      given(environment::Kafka::start({.folder = scratch_->path() / "kafka"}, kPatience)));
}

}  // namespace stampede::test
