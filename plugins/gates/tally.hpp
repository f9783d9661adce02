// What a gate has answered since it was made. Safe for concurrent use.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/api/gate.hpp"

namespace stampede::gates {

class Tally {
 public:
  void add(std::span<const Result<Decision>> decisions) {
    for (const auto& decision : decisions) {
      auto& count = decision ? decided_[static_cast<std::size_t>(*decision)] : errors_;
      count.fetch_add(1, std::memory_order_relaxed);
    }
  }

  GateStats stats() const {
    const auto of = [this](Decision decision) {
      return decided_[static_cast<std::size_t>(decision)].load(std::memory_order_relaxed);
    };
    return {.granted = of(Decision::kGranted),
            .sold_out = of(Decision::kSoldOut),
            .already = of(Decision::kAlready),
            .closed = of(Decision::kClosed),
            .errors = errors_.load(std::memory_order_relaxed),
            .gauges = {}};
  }

 private:
  std::array<std::atomic<std::int64_t>, 4> decided_{};
  std::atomic<std::int64_t> errors_ = 0;
};

}  // namespace stampede::gates
