// What asynchronous issue has done since the server started. Safe for concurrent use.

#pragma once

#include <atomic>
#include <cstdint>

namespace stampede::issue {

struct Counters {
  std::atomic<std::int64_t> accepted = 0;     // Published for the first time.
  std::atomic<std::int64_t> issued = 0;       // By the consumer.
  std::atomic<std::int64_t> failed = 0;       // By the consumer, by the rules of the sale.
  std::atomic<std::int64_t> dead = 0;         // Events that could not be read.
  std::atomic<std::int64_t> republished = 0;  // By the sweeper.
  std::atomic<std::int64_t> rebuilds = 0;     // Of a gate, from the store.
};

}  // namespace stampede::issue
