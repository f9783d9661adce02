// What every store promises (core/api/store.hpp).

#pragma once

#include <array>
#include <span>

#include "experiments/check/check.hpp"

namespace stampede::check {

// The verbs of a transaction, one caller at a time.
std::span<const Check> store_verb_checks();
// What a transaction is told at commit when another one came between its reads and its writes.
std::span<const Check> store_race_checks();
std::span<const Check> store_cart_checks();
// Read views, seeds and the outbox.
std::span<const Check> store_view_checks();
// What only some stores can: batches, fences.
std::span<const Check> store_power_checks();
// Many callers, everything at once.
std::span<const Check> store_load_checks();

// Saga steps, the inbox, the relay's cursor: one caller at a time, and two at once.
std::span<const Check> store_saga_checks();
std::span<const Check> store_saga_race_checks();
// Fences, where the store issues them.
std::span<const Check> store_fence_checks();

inline std::array<std::span<const Check>, 9> store_checks() {
  return {store_verb_checks(),  store_view_checks(), store_race_checks(),
          store_cart_checks(),  store_saga_checks(), store_saga_race_checks(),
          store_power_checks(), store_load_checks(), store_fence_checks()};
}

}  // namespace stampede::check
