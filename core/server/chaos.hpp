// A transport that behaves as badly as its contract allows: events come twice, or again when later
// ones have been handled; events of different keys change places; whoever handles them is slow. For
// experiments and tests, around any other transport:
//
//   chaos: {duplicate: 0.3, reorder: 0.3, handler_delay: 20ms}
//
// What it draws depends on the seed and on the order of deliveries, which threads decide. Thread
// safe as the transport it stands before, which it owns.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "core/api/transport.hpp"

namespace stampede::server {

struct ChaosOptions {
  double duplicate = 0;  // The share of deliveries that are made again,
  double reorder = 0;    // and of those, and of calls of publish(), whose keys change places.
  std::chrono::nanoseconds handler_delay{0};  // Of each event, before it is handled.

  bool any() const { return duplicate > 0 || reorder > 0 || handler_delay.count() > 0; }
};

class ChaosTransport final : public Transport {
 public:
  ChaosTransport(std::unique_ptr<Transport> inner, const ChaosOptions& options, std::uint64_t seed);
  ~ChaosTransport() override;

  bool synchronous() const override { return inner_->synchronous(); }
  Result<void> subscribe(std::string_view topic, std::string_view service,
                         BatchHandler handler) override;
  Result<void> start() override { return inner_->start(); }
  Result<void> publish(std::span<const Event> events, Deadline deadline) override;
  void stop() noexcept override { inner_->stop(); }
  TransportStats stats() const override;  // With gauges of its own: chaos_duplicated, ...
  EventDoor* door() override { return inner_->door(); }

 private:
  class Subscription;
  struct Counters {
    std::atomic<std::int64_t> duplicated = 0;  // Events that were delivered again.
    std::atomic<std::int64_t> reordered = 0;   // Calls whose events changed places.
  };

  const ChaosOptions options_;
  const std::uint64_t seed_;
  Counters counters_;
  std::mutex mutex_;
  std::mt19937_64 random_;                  // Guarded by the mutex.
  const std::unique_ptr<Transport> inner_;  // Last: its threads use everything above.
};

// The same events in another order, in which those of equal topic and key keep theirs.
std::vector<Event> change_places(std::span<const Event> events, std::mt19937_64& random);

}  // namespace stampede::server
