// What every gate promises (core/api/gate.hpp). A gate that is not exact() is asked for less.

#pragma once

#include <array>
#include <span>

#include "experiments/check/check.hpp"

namespace stampede::check {

// Who is granted one, who is not, and what a claim that comes again is told.
std::span<const Check> gate_decision_checks();
// What becomes of a grant: issued, returned, or pending until then.
std::span<const Check> gate_settlement_checks();
// Opened with what the store says, closed, and shared by instances.
std::span<const Check> gate_loading_checks();
// Many callers at once, who claim and give back.
std::span<const Check> gate_race_checks();
// The same, while somebody loads or closes it.
std::span<const Check> gate_reopening_checks();

inline std::array<std::span<const Check>, 5> gate_checks() {
  return {gate_decision_checks(), gate_settlement_checks(), gate_loading_checks(),
          gate_race_checks(), gate_reopening_checks()};
}

}  // namespace stampede::check
