#include "tests/support/kafka_brokers.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace stampede::test {

namespace {

constexpr std::chrono::seconds kPatience{60};

template <typename T>
T given(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace

void MockKafka::create_topic(const std::string& name, std::int32_t partitions) {
  if (auto made = broker_.create_topic(name, partitions); !made) {
    throw std::runtime_error(made.error().message);
  }
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
