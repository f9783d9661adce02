// A check by its promise, where GoogleTest shows the parameters of a test. Stateless.

#pragma once

#include <ostream>

#include "experiments/check/check.hpp"

namespace stampede::check {

inline std::ostream& operator<<(std::ostream& out, const Check& check) {
  return out << check.promise;
}

}  // namespace stampede::check
