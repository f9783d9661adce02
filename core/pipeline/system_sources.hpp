// The real sources: the machine's wall clock, and order ids made from it. Safe for concurrent use.

#pragma once

#include <atomic>
#include <cstdint>

#include "core/pipeline/sources.hpp"

namespace stampede::pipeline {

class SystemClock final : public WallClock {
 public:
  TimePoint now() override;
};

// UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, a 12-bit counter within the millisecond,
// 62 bits that look random. Ids of one generator always rise, also when the clock steps back or a
// millisecond is asked for more than 4096 of them: the time in the id then runs ahead. `clock`
// outlives the generator.
class UuidGenerator final : public IdGenerator {
 public:
  explicit UuidGenerator(WallClock& clock);             // Seeded by the machine.
  UuidGenerator(WallClock& clock, std::uint64_t seed);  // The same ids for the same clock.

  OrderId next() override;

 private:
  WallClock& clock_;
  const std::uint64_t seed_;
  std::atomic<std::uint64_t> last_{0};  // Milliseconds and counter of the newest id, 60 bits.
};

}  // namespace stampede::pipeline
