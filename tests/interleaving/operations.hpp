// What tests take from experiments/check/operations.hpp.

#pragma once

#include "experiments/check/operations.hpp"

namespace stampede::test {

using namespace check;

}  // namespace stampede::test
