// One coupon of a limited kind for one user, once.

#pragma once

#include "core/pipeline/environment.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

// See Pipeline::issue_coupon.
Result<Reply<UserCoupon>> issue_coupon(Environment& environment, const IssueCoupon& request,
                                       Context& context);

}  // namespace stampede::pipeline
