// What tests take from experiments/check/books.hpp.

#pragma once

#include "experiments/check/books.hpp"

namespace stampede::test {

using namespace check;

}  // namespace stampede::test
