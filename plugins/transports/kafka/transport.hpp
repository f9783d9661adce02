// Events through Kafka: published with every replica's acknowledgement, delivered to one consumer
// group for each service. See docs/transports.md. Safe for concurrent use.

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/api/transport.hpp"
#include "plugins/transports/kafka/admin.hpp"
#include "plugins/transports/kafka/consumer.hpp"
#include "plugins/transports/kafka/counters.hpp"
#include "plugins/transports/kafka/embedded_broker.hpp"
#include "plugins/transports/kafka/lag_watch.hpp"
#include "plugins/transports/kafka/options.hpp"
#include "plugins/transports/kafka/producer.hpp"

namespace stampede::transports::kafka {

class KafkaTransport final : public Transport {
 public:
  // Reaches no broker yet. Throws std::invalid_argument, naming the option.
  explicit KafkaTransport(const PluginConfig& config);
  ~KafkaTransport() override;

  bool synchronous() const override { return false; }
  Result<void> subscribe(std::string_view topic, std::string_view service,
                         BatchHandler handler) override;
  Result<void> start() override;
  Result<void> publish(std::span<const Event> events, Deadline deadline) override;
  void stop() noexcept override;
  TransportStats stats() const override;

 private:
  enum class State : std::uint8_t { kNew, kRunning, kStopped };

  Result<void> try_start();
  std::vector<WatchedGroup> groups() const;

  const Options options_;
  mutable Counters counters_;
  mutable std::mutex mutex_;  // Of starting and stopping.
  std::atomic<State> state_ = State::kNew;
  std::map<std::string, Handlers, std::less<>> services_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<LagWatch> lag_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
};

}  // namespace stampede::transports::kafka
