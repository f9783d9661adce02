// What hot deals have done since the server started. Safe for concurrent use.

#pragma once

#include <atomic>
#include <cstdint>

namespace stampede::stock {

struct Counters {
  std::atomic<std::int64_t> accepted = 0;  // Orders handed to the transport.
  std::atomic<std::int64_t> placed = 0;    // By the consumer.
  std::atomic<std::int64_t> failed = 0;    // By the consumer, by the rules of the sale.
  std::atomic<std::int64_t> dead = 0;      // Events that could not be read.
  std::atomic<std::int64_t> returned = 0;  // Grants that were given back to the gate.
  std::atomic<std::int64_t> swept = 0;     // Grants that the sweeper settled.
  std::atomic<std::int64_t> rebuilds = 0;  // Of a gate, from the store.
};

}  // namespace stampede::stock
