#include "plugins/transports/kafka/options.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace stampede::transports::kafka {

namespace {

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && port >= 1 &&
         port <= 65'535;
}

bool is_broker(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port(text.substr(colon + 1))) {
    return false;
  }
  return text.find_first_of(" \t/@") == std::string_view::npos;
}

std::string checked_brokers(const std::string& brokers) {
  if (brokers.empty() || brokers == "embedded") return brokers;
  std::string_view rest = brokers;
  for (;;) {
    const auto comma = rest.find(',');
    const auto broker = rest.substr(0, comma);
    if (!is_broker(broker)) {
      throw std::invalid_argument("option 'brokers': expected host:port or embedded, got \"" +
                                  std::string(broker) + "\"");
    }
    if (comma == std::string_view::npos) return brokers;
    rest.remove_prefix(comma + 1);
  }
}

// What Kafka takes as part of a topic's name.
const std::string& checked_prefix(const PluginConfig& config, std::string_view option) {
  constexpr std::size_t kLongest = 100;
  const auto& prefix = config.text(option);
  const bool plain = std::ranges::all_of(prefix, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (plain && prefix.size() <= kLongest) return prefix;
  throw std::invalid_argument("option '" + std::string(option) +
                              "': expected at most 100 letters, digits, dots, _ and -, got \"" +
                              prefix + "\"");
}

}  // namespace

Options::Options(const PluginConfig& config)
    : brokers(checked_brokers(config.text("brokers"))),
      topic_prefix(checked_prefix(config, "topic.prefix")),
      group_prefix(checked_prefix(config, "group.prefix")),
      partitions(static_cast<std::int32_t>(config.integer("partitions"))),
      consumers(config.integer("consumers")),
      batch(static_cast<std::size_t>(config.integer("batch"))),
      batch_wait(config.duration("batch_wait")),
      handler_timeout(config.duration("handler.timeout")),
      retry_base(std::min(config.duration("retry.base"), config.duration("retry.max"))),
      retry_max(config.duration("retry.max")),
      commit_interval(config.duration("commit.interval")),
      session_timeout(config.duration("session.timeout")),
      producer_buffer(config.integer("producer.buffer")),
      producer_linger(config.duration("producer.linger")),
      producer_batch(config.integer("producer.batch")),
      producer_timeout(config.duration("producer.timeout")),
      timeout(config.duration("timeout")) {}

}  // namespace stampede::transports::kafka
