// What the parts of a transport have counted since its start. Safe for concurrent use.

#pragma once

#include <atomic>
#include <cstdint>

namespace stampede::transports::kafka {

struct Counters {
  using Count = std::atomic<std::int64_t>;

  Count published = 0;
  Count delivered = 0;
  Count redelivered = 0;

  Count queue_bytes = 0;     // Waiting for an acknowledgement now, with their keys.
  Count queue_messages = 0;  // The same in events.
  Count overloaded = 0;      // Calls of publish() that found the buffer full.
  Count timeouts = 0;        // Calls of publish() that ended with kTimeout.
  Count failures = 0;        // Calls of publish() that ended with another error.
  Count producers = 0;       // How often a producer that had become unusable was replaced.

  Count handler_errors = 0;
  Count rebalances = 0;           // Partitions that came or went.
  Count partitions = 0;           // Assigned to consumers of this process now.
  Count partitions_lost = 0;      // Taken away while this process was silent.
  Count consumers_abandoned = 0;  // That could not leave their group in time.
  Count commit_errors = 0;
  Count consumer_errors = 0;

  void count_queued(std::int64_t messages, std::int64_t bytes) {
    queue_messages.fetch_add(messages, std::memory_order_relaxed);
    queue_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
};

}  // namespace stampede::transports::kafka
