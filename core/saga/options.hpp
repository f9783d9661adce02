// What the configuration says about sagas. Plain values.

#pragma once

#include <chrono>
#include <cstdint>

#include "core/saga/events.hpp"

namespace stampede::saga {

// What becomes of the money of an order whose stock could not be taken.
enum class Compensation : std::uint8_t {
  kRefund,
  kNone,  // The documented mistake: the order is FAILED, and the payment is kept.
};

struct RelayOptions {
  std::int64_t batch = 256;  // Events published in one call at the most.
  // How often the outbox is looked at when nobody says that something was committed.
  std::chrono::nanoseconds poll{std::chrono::milliseconds(50)};
  // For how long a relay that dies keeps others out, where several share the store.
  std::chrono::nanoseconds lease{std::chrono::seconds(5)};
};

struct SagaOptions {
  std::chrono::nanoseconds timeout{std::chrono::seconds(30)};  // Of an order that stands still.
  std::chrono::nanoseconds sweep{std::chrono::seconds(5)};     // Between looks for such orders.
  Compensation compensation = Compensation::kRefund;
  EventKey key = EventKey::kOrder;
  RelayOptions relay;
};

}  // namespace stampede::saga
