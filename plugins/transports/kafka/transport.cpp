#include "plugins/transports/kafka/transport.hpp"

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace stampede::transports::kafka {

namespace {

constexpr std::size_t kLongestName = 249;  // Kafka's own limit for a topic.

bool is_topic(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

KafkaTransport::KafkaTransport(const PluginConfig& config) : options_(config) {}

KafkaTransport::~KafkaTransport() { stop(); }

Result<void> KafkaTransport::subscribe(std::string_view topic, std::string_view service,
                                       BatchHandler handler) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kNew) {
    return fail(ErrorCode::kInvalid, "subscriptions are made before the transport starts");
  }
  if (!is_topic(topic) || options_.topic_prefix.size() + topic.size() > kLongestName) {
    return fail(ErrorCode::kInvalid,
                "\"" + std::string(topic) +
                    "\" is no topic for Kafka: expected letters, digits, dots, _ and -");
  }
  auto& handlers = services_[std::string(service)];
  if (!handlers.try_emplace(std::string(topic), std::move(handler)).second) {
    return fail(ErrorCode::kInvalid, "the service " + std::string(service) + " has subscribed to " +
                                         std::string(topic) + " already");
  }
  return {};
}

std::vector<WatchedGroup> KafkaTransport::groups() const {
  std::vector<WatchedGroup> groups;
  for (const auto& [service, handlers] : services_) {
    WatchedGroup group{service, options_.group_prefix + service, {}};
    for (const auto& [topic, handler] : handlers) group.topics.push_back(topic);
    groups.push_back(std::move(group));
  }
  return groups;
}

Result<void> KafkaTransport::try_start() {
  if (options_.embedded()) broker_ = std::make_unique<EmbeddedBroker>();
  const auto brokers = broker_ ? broker_->address() : options_.brokers;
  admin_ = std::make_unique<Admin>(brokers, options_.partitions, broker_.get());
  std::set<std::string> topics;
  for (const auto& [service, handlers] : services_) {
    for (const auto& [topic, handler] : handlers) topics.insert(options_.topic_prefix + topic);
  }
  const std::vector<std::string> names(topics.begin(), topics.end());
  const auto deadline = Clock::now() + options_.timeout;
  if (auto made = admin_->ensure_topics(names, deadline); !made) return made;
  producer_ = std::make_unique<Producer>(options_, brokers, *admin_, counters_);
  lag_ = std::make_unique<LagWatch>(*admin_, options_.topic_prefix, groups());
  for (const auto& [service, handlers] : services_) {
    for (std::int64_t i = 0; i < options_.consumers; ++i) {
      consumers_.push_back(std::make_unique<Consumer>(
          options_, brokers, options_.group_prefix + service, handlers, counters_));
    }
  }
  return {};
}

Result<void> KafkaTransport::start() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kNew) return fail(ErrorCode::kInvalid, "the transport was started before");
  if (options_.brokers.empty()) {
    return fail(ErrorCode::kInvalid,
                "kafka: option 'brokers' is empty; name the brokers, for example 127.0.0.1:9092, "
                "or say embedded");
  }
  Result<void> started;
  try {
    started = try_start();
  } catch (const std::exception& error) {
    started = fail(ErrorCode::kUnavailable, error.what());
  }
  if (started) {
    state_ = State::kRunning;
    return started;
  }
  consumers_.clear();
  lag_.reset();
  producer_.reset();
  admin_.reset();
  broker_.reset();
  return fail(started.error().code,
              "kafka at " + options_.brokers + ": " + started.error().message);
}

Result<void> KafkaTransport::publish(std::span<const Event> events, Deadline deadline) {
  if (state_ != State::kRunning) {
    return fail(ErrorCode::kUnavailable, "the Kafka transport does not run");
  }
  for (const auto& event : events) {
    if (is_topic(event.topic) &&
        options_.topic_prefix.size() + event.topic.size() <= kLongestName) {
      continue;
    }
    return fail(ErrorCode::kInvalid, "\"" + event.topic + "\" is no topic for Kafka");
  }
  return producer_->publish(events, deadline);
}

void KafkaTransport::stop() noexcept {
  const std::lock_guard lock(mutex_);
  state_ = State::kStopped;
  for (const auto& consumer : consumers_) consumer->request_stop();  // All at once, then wait.
  consumers_.clear();
}

TransportStats KafkaTransport::stats() const {
  TransportStats stats{.published = counters_.published,
                       .delivered = counters_.delivered,
                       .redelivered = counters_.redelivered};
  const auto add = [&stats](const char* name, const Counters::Count& count) {
    stats.gauges.emplace_back(name, static_cast<double>(count.load()));
  };
  add("queue_bytes", counters_.queue_bytes);
  add("queue_messages", counters_.queue_messages);
  add("overloaded", counters_.overloaded);
  add("timeouts", counters_.timeouts);
  add("failures", counters_.failures);
  add("producers_replaced", counters_.producers);
  add("handler_errors", counters_.handler_errors);
  add("rebalances", counters_.rebalances);
  add("partitions", counters_.partitions);
  add("partitions_lost", counters_.partitions_lost);
  add("consumers_abandoned", counters_.consumers_abandoned);
  add("commit_errors", counters_.commit_errors);
  add("consumer_errors", counters_.consumer_errors);
  if (state_ == State::kNew || lag_ == nullptr) return stats;
  auto reading = lag_->read();
  stats.lags = std::move(reading.lags);
  stats.gauges.emplace_back("lag_age_seconds", reading.age.count());
  return stats;
}

}  // namespace stampede::transports::kafka
