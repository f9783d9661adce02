#include "plugins/transports/kafka/client.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace stampede::transports::kafka {

namespace {

constexpr std::size_t kErrorSize = 512;

}  // namespace

Settings::Settings(const std::string& brokers) : settings_(rd_kafka_conf_new()) {
  set("bootstrap.servers", brokers);
  set("client.id", "stampede");
  // Connections come back quickly: an outage ends when the broker's does.
  set("reconnect.backoff.ms", 50);
  set("reconnect.backoff.max.ms", 1'000);
  set("retry.backoff.ms", 50);
  // Whoever waits for something is told what went wrong; that a connection broke and came back is
  // nobody's news.
  set("log_level", 0);
}

Settings& Settings::set(const std::string& name, const std::string& value) {
  std::array<char, kErrorSize> error{};
  if (rd_kafka_conf_set(settings_.get(), name.c_str(), value.c_str(), error.data(), error.size()) !=
      RD_KAFKA_CONF_OK) {
    throw std::runtime_error(error.data());
  }
  return *this;
}

Settings& Settings::set(const std::string& name, std::int64_t value) {
  return set(name, std::to_string(value));
}

Settings& Settings::set_ms(const std::string& name, std::chrono::nanoseconds value) {
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(value).count();
  return set(name, std::max<std::int64_t>(rounded, 1));
}

Client Settings::make(rd_kafka_type_t type) && {
  std::array<char, kErrorSize> error{};
  Client client(rd_kafka_new(type, settings_.get(), error.data(), error.size()));
  if (!client) throw std::runtime_error(error.data());
  static_cast<void>(settings_.release());  // They belong to the client now.
  return client;
}

Error error_of(rd_kafka_resp_err_t code, const std::string& what) {
  auto message = what + ": " + rd_kafka_err2str(code) + " (" + rd_kafka_err2name(code) + ")";
  switch (code) {
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return {ErrorCode::kTimeout, std::move(message)};
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return {ErrorCode::kOverloaded, std::move(message)};
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
      return {ErrorCode::kInvalid, std::move(message)};
    default:
      break;  // Of the rest a caller can only wait until the broker is well.
  }
  return {ErrorCode::kUnavailable, std::move(message)};
}

int left_ms(Deadline deadline) {
  constexpr std::int64_t kLongest = 600'000;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongest));
}

PartitionList make_list(std::size_t capacity) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(capacity)));
}

}  // namespace stampede::transports::kafka
