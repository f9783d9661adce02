// Money into a wallet, once for each transaction id.

#pragma once

#include "core/pipeline/environment.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

// See Pipeline::charge_balance.
Result<Reply<Charge>> charge_balance(Environment& environment, const ChargeBalance& request,
                                     Context& context);

}  // namespace stampede::pipeline
