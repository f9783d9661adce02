#include "core/pipeline/pipeline.hpp"

#include "core/pipeline/add_to_cart.hpp"
#include "core/pipeline/charge_balance.hpp"
#include "core/pipeline/environment.hpp"
#include "core/pipeline/issue_coupon.hpp"
#include "core/pipeline/place_order.hpp"

namespace stampede::pipeline {

struct Pipeline::Parts : Environment {};

Pipeline::Pipeline(Store& store, LockStrategy& lock, PaymentGateway& payments, WallClock& clock,
                   IdGenerator& ids, Options options)
    : parts_(new Parts{{store, lock, payments, clock, ids, options}}) {}

Pipeline::~Pipeline() = default;

Result<Reply<Order>> Pipeline::place_order(const PlaceOrder& request, Context& context) {
  return pipeline::place_order(*parts_, request, context);
}

Result<Reply<UserCoupon>> Pipeline::issue_coupon(const IssueCoupon& request, Context& context) {
  return pipeline::issue_coupon(*parts_, request, context);
}

Result<Reply<Charge>> Pipeline::charge_balance(const ChargeBalance& request, Context& context) {
  return pipeline::charge_balance(*parts_, request, context);
}

Result<Reply<CartLine>> Pipeline::add_to_cart(const AddToCart& request, Context& context) {
  return pipeline::add_to_cart(*parts_, request, context);
}

TimePoint Pipeline::now() const { return parts_->clock.now(); }

}  // namespace stampede::pipeline
