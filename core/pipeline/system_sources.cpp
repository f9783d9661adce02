#include "core/pipeline/system_sources.hpp"

#include <algorithm>
#include <chrono>
#include <random>

#include "core/pipeline/mix.hpp"

namespace stampede::pipeline {
namespace {

constexpr unsigned kCounterBits = 12;

std::uint64_t seed_from_machine() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

TimePoint SystemClock::now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

UuidGenerator::UuidGenerator(WallClock& clock) : UuidGenerator(clock, seed_from_machine()) {}

UuidGenerator::UuidGenerator(WallClock& clock, std::uint64_t seed) : clock_(clock), seed_(seed) {}

OrderId UuidGenerator::next() {
  const auto since_epoch = clock_.now().time_since_epoch();
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(since_epoch).count();
  const auto earliest = static_cast<std::uint64_t>(milliseconds) << kCounterBits;

  auto last = last_.load(std::memory_order_relaxed);
  std::uint64_t moment = 0;
  do {
    moment = std::max(last + 1, earliest);
  } while (!last_.compare_exchange_weak(last, moment, std::memory_order_relaxed));

  // The moment is unique in this process; the seed tells processes apart.
  const auto tail = mix(moment ^ seed_);
  const auto head = ((moment >> kCounterBits) << 16U) | (moment & ((1U << kCounterBits) - 1));
  OrderId id;
  for (unsigned i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(head >> (56 - 8 * i));
    id.bytes[8 + i] = static_cast<std::uint8_t>(tail >> (56 - 8 * i));
  }
  id.bytes[6] = static_cast<std::uint8_t>(0x70U | (id.bytes[6] & 0x0FU));  // Version 7.
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3FU));  // RFC variant.
  return id;
}

}  // namespace stampede::pipeline
