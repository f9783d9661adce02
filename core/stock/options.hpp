// What the configuration says about hot deals. Plain values.

#pragma once

#include <chrono>
#include <cstdint>

#include "core/saga/events.hpp"

namespace stampede::stock {

// When the order of a product in a deal is placed.
enum class Write : std::uint8_t {
  kSync,    // By the request, which is told what came of it.
  kQueued,  // By the consumer; the request is told that it was accepted.
};

struct Options {
  Write write = Write::kSync;
  saga::EventKey key = saga::EventKey::kOrder;
  std::int64_t deals = 0;  // Products 1..deals are in a deal as soon as the store was seeded.
  // How often the gate is looked after and the deals of other instances are learnt of, and how old
  // a grant that nobody has settled must be for the store to be asked what became of it.
  std::chrono::nanoseconds sweep_interval{std::chrono::seconds(1)};
  std::chrono::nanoseconds sweep_age{std::chrono::seconds(10)};
};

}  // namespace stampede::stock
