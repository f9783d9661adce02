// What every lock strategy promises (core/api/lock_strategy.hpp).

#pragma once

#include <array>
#include <span>

#include "experiments/check/check.hpp"

namespace stampede::check {

// One operation in the middle of another, at each point where that does damage.
std::span<const Check> race_checks();
// Stock, money and coupons under many threads.
std::span<const Check> business_checks();
// When guarded() and the work run, and what their answers mean.
std::span<const Check> protocol_checks();
// Deadlines, and what is held for how long.
std::span<const Check> waiting_checks();
// For strategies that lock: what the lock covers, and who gets it next.
std::span<const Check> locking_checks();

// Those that even a strategy without any protection keeps are the protocol's.
inline std::array<std::span<const Check>, 5> lock_checks() {
  return {protocol_checks(), race_checks(), waiting_checks(), locking_checks(), business_checks()};
}

// What a strategy was found to lock, by trying. A lock that is asked of the store, or that comes
// with its rows, covers the transaction only.
struct Locks {
  bool users = false;
  bool products = false;
  bool coupons = false;
  bool in_the_store = false;
};
Locks find_locks(const Subject& subject);

}  // namespace stampede::check
