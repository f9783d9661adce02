// SplitMix64 (Steele, Lea, Flood 2014), a generator that is seeded by one number in no time: each
// iteration of a load has one of its own, so what it draws does not depend on which virtual user
// ran it. Fits the standard's distributions. Not safe for concurrent use.

#pragma once

#include <cstdint>
#include <limits>
#include <random>

namespace stampede::load {

class Random {
 public:
  using result_type = std::uint64_t;

  // Streams of one seed do not overlap in practice: their starting points are hashed apart.
  Random(std::uint64_t seed, std::uint64_t stream) : state_(mix(seed + kStep * stream) ^ seed) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return mix(state_ += kStep); }

  // Both ends inclusive.
  std::int64_t between(std::int64_t lowest, std::int64_t highest) {
    if (lowest == highest) return lowest;
    return std::uniform_int_distribution<std::int64_t>(lowest, highest)(*this);
  }
  // 0 <= x < 1.
  double real() { return static_cast<double>((*this)() >> 11U) * 0x1.0p-53; }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;

  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  std::uint64_t state_;
};

}  // namespace stampede::load
