// What tests take from experiments/check/sale.hpp.

#pragma once

#include "experiments/check/sale.hpp"

namespace stampede::test {

using namespace check;

}  // namespace stampede::test
