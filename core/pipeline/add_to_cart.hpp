// A product into a user's cart.

#pragma once

#include "core/pipeline/environment.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

// See Pipeline::add_to_cart.
Result<Reply<CartLine>> add_to_cart(Environment& environment, const AddToCart& request,
                                    Context& context);

}  // namespace stampede::pipeline
