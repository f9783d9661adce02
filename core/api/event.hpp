// A fact that the platform tells the rest of the world: "ORDER_COMPLETED". It leaves through the
// transaction's outbox, so it exists if, and only if, the state it speaks of was committed.

#pragma once

#include <string>

namespace stampede {

struct Event {
  std::string id;           // Unique; what a consumer removes duplicates by.
  std::string topic;        // For example "ORDER_COMPLETED".
  std::string key;          // Events with equal keys stay in order.
  std::string payload;      // JSON.
  std::string correlation;  // The request's X-Correlation-Id, carried through every log line.
};

}  // namespace stampede
