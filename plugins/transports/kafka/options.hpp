// The options of the Kafka transport, as declared to the host and as the transport uses them.
// Values.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/api/plugin_config.hpp"

namespace stampede::transports::kafka {

inline constexpr OptionSpec kOptions[] = {
    {"brokers", OptionType::kText, "", "",
     "The brokers, host:port, separated by commas; embedded: one within this process"},
    {"topic.prefix", OptionType::kText, "stampede.", "", "What every topic's name begins with"},
    {"group.prefix", OptionType::kText, "stampede.", "",
     "What every consumer group's name begins with, before the service"},
    {"partitions", OptionType::kInteger, "3", "1..1000",
     "Partitions of each topic; a topic that exists must have as many"},
    {"consumers", OptionType::kInteger, "1", "1..64", "Consumers of each service in this process"},
    {"batch", OptionType::kInteger, "64", "1..10000", "Most events given to a handler at once"},
    {"batch_wait", OptionType::kDuration, "0ms", "0ms..10s",
     "How long a batch that is not full waits for more"},
    {"handler.timeout", OptionType::kDuration, "30s", "10ms..10m",
     "The deadline that a handler gets"},
    {"retry.base", OptionType::kDuration, "20ms", "0ms..10s",
     "Longest wait after a handler's first error; doubles with each further one"},
    {"retry.max", OptionType::kDuration, "2s", "0ms..1m",
     "Where the doubling of the longest wait stops"},
    {"commit.interval", OptionType::kDuration, "50ms", "0ms..1m",
     "Most time that what was handled waits for its commit; a crash brings it again"},
    {"session.timeout", OptionType::kDuration, "10s", "1s..5m",
     "A consumer that is silent for so long loses its partitions to the others"},
    {"producer.buffer", OptionType::kInteger, "33554432", "1024..2147482624",
     "Bytes of events that may wait for their acknowledgement; more are refused as OVERLOADED"},
    {"producer.linger", OptionType::kDuration, "0ms", "0ms..10s",
     "How long events wait for others, to travel together"},
    {"producer.batch", OptionType::kInteger, "1000000", "1..100000000",
     "Most bytes that travel together to one partition"},
    {"producer.timeout", OptionType::kDuration, "10s", "10ms..5m",
     "How long an event may wait for its acknowledgement before it is given up"},
    {"timeout", OptionType::kDuration, "10s", "100ms..5m",
     "How long the broker may take to answer when the transport starts and stops"},
};

struct Options {
  Options() = default;
  // Throws std::invalid_argument, naming the option.
  explicit Options(const PluginConfig& config);

  bool embedded() const { return brokers == "embedded"; }

  std::string brokers;
  std::string topic_prefix = "stampede.";
  std::string group_prefix = "stampede.";
  std::int32_t partitions = 3;
  std::int64_t consumers = 1;
  std::size_t batch = 64;
  std::chrono::nanoseconds batch_wait{0};
  std::chrono::nanoseconds handler_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds retry_base = std::chrono::milliseconds(20);
  std::chrono::nanoseconds retry_max = std::chrono::seconds(2);
  std::chrono::nanoseconds commit_interval = std::chrono::milliseconds(50);
  std::chrono::nanoseconds session_timeout = std::chrono::seconds(10);
  std::int64_t producer_buffer = 33'554'432;
  std::chrono::nanoseconds producer_linger{0};
  std::int64_t producer_batch = 1'000'000;
  std::chrono::nanoseconds producer_timeout = std::chrono::seconds(10);
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
};

}  // namespace stampede::transports::kafka
