// What an order asks for, as the fingerprint that its key is kept with. Pure.

#pragma once

#include <cstdint>

#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

// The canonical request: items by product, so that their order does not make another request. 0
// when the request has no key.
std::uint64_t fingerprint_of(const PlaceOrder& request);

}  // namespace stampede::pipeline
