// What the configuration says about asynchronous coupon issue. Plain values.

#pragma once

#include <chrono>
#include <cstdint>

namespace stampede::issue {

// Where the gate is asked.
enum class GateAt : std::uint8_t {
  kAccept,   // By the request, which is told at once when there is nothing left for it.
  kConsume,  // By the consumer; every request is accepted.
};

// What keeps requests in order, and together on one partition of a broker.
enum class EventKey : std::uint8_t { kCoupon, kUser };

struct Options {
  GateAt gate_at = GateAt::kAccept;
  EventKey key = EventKey::kCoupon;
  // How often granted requests that nobody has settled are looked for, and how old they must be to
  // be published again.
  std::chrono::nanoseconds sweep_interval{std::chrono::seconds(1)};
  std::chrono::nanoseconds sweep_age{std::chrono::seconds(10)};
};

}  // namespace stampede::issue
