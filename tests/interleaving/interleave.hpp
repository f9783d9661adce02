// What tests take from experiments/check/interleave.hpp, and how GoogleTest shows an outcome.

#pragma once

#include <ostream>

#include "experiments/check/history.hpp"
#include "experiments/check/interleave.hpp"

namespace stampede {

// GoogleTest looks for a function of this name.
// NOLINTBEGIN(readability-identifier-naming)
inline void PrintTo(const Result<Outcome>& outcome, std::ostream* out) {
  *out << check::show(outcome);
}
inline void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << check::show(Result<Outcome>(outcome));
}
// NOLINTEND(readability-identifier-naming)

}  // namespace stampede

namespace stampede::test {

using namespace check;

}  // namespace stampede::test
