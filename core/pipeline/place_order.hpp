// Placing an order: stock, balance, coupon, cart, order, key and event change together in one
// transaction, with an external payment beside it where the options say so.

#pragma once

#include "core/pipeline/environment.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

// See Pipeline::place_order.
Result<Reply<Order>> place_order(Environment& environment, const PlaceOrder& request,
                                 Context& context);

}  // namespace stampede::pipeline
