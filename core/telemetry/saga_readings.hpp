// What the services and their transport say about themselves, beside what requests do. Plain
// values.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/api/transport.hpp"
#include "core/telemetry/timing.hpp"

namespace stampede::telemetry {

// The counts of one service since its start.
struct ServiceCounts {
  std::string service;
  std::int64_t handled = 0;       // Events that took effect.
  std::int64_t duplicates = 0;    // Events that had been handled before.
  std::int64_t retries = 0;       // Attempts after a fault.
  std::int64_t dead_letters = 0;  // Events put aside.
  std::int64_t published = 0;     // Events that left the outbox.
  std::string last_dead_letter;   // Which event was put aside last, and why.
};

// What is on its way between the services at one moment: nothing, once a run has drained.
struct Backlog {
  std::int64_t outbox = 0;      // Events committed and not yet published.
  std::int64_t lag = 0;         // Events published and not yet handled.
  std::int64_t open_sagas = 0;  // Orders that are not final.
  // Handled and published since the start: unchanged between two looks, nothing has moved
  // meanwhile.
  std::int64_t events = 0;
};

// A service that this process needs and that no other one answers for.
struct MissingService {
  std::string service;
  std::string why;  // Of the last attempt, with addresses: for the log.
};

struct SagaReadings {
  Timing order_final;    // From an order's acceptance to its final state.
  Timing coupon_marked;  // From ORDER_COMPLETED to the mark on the user's coupon.
  Timing publish;        // From a commit that the relay was told of to the transport's word.
  std::int64_t completed = 0;
  std::int64_t failed = 0;              // Of any reason,
  std::int64_t timed_out = 0;           // and of these, by standing still.
  std::vector<ServiceCounts> services;  // Empty in a topology without services.
  TransportStats transport;
};

}  // namespace stampede::telemetry
