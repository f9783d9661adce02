// Turns a counter into 64 bits that look random: the finaliser of SplitMix64 (Steele, Lea and
// Flood, "Fast splittable pseudorandom number generators", 2014). A bijection, so that different
// inputs never give equal outputs. Not for secrets.

#pragma once

#include <cstdint>

namespace stampede::pipeline {

constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31U);
}

}  // namespace stampede::pipeline
