// Keeps how many coupons there are and who holds one: keeps a user's coupon for an order while the
// order is made, uses it when the order is completed, sets it free when it fails. Issues coupons.
// Safe for concurrent use.
//
//   ORDER_COMPLETED → COUPON_USED
//   ORDER_FAILED    → the coupon is free again
//
// A reservation whose order never came to be (its process died in between) is found by the next
// order that wants the coupon: it asks what became of the first.

#pragma once

#include <functional>

#include "core/pipeline/environment.hpp"
#include "core/saga/calls.hpp"
#include "core/saga/service.hpp"

namespace stampede::saga {

class CouponService final : public Service, public Discounts {
 public:
  // `environment` is what coupons are issued with: the pipeline's, on this service's store.
  CouponService(ServiceContext context, pipeline::Environment& environment)
      : context_(context), environment_(environment) {}

  // Who knows what became of an order. Set before anything is called; outlives the service.
  void ask(OrderBook& orders) { orders_ = &orders; }

  const ServiceContext& context() const override { return context_; }
  std::vector<Subscription> subscriptions() override;

  Result<Reservation> reserve(const ReserveCoupon& request, Call& call) override;
  Result<void> release(const ReserveCoupon& request, Call& call) override;

  Result<pipeline::Reply<UserCoupon>> issue(const pipeline::IssueCoupon& request, Context& context);

 private:
  class Reserve;

  Result<Outcome> execute(UserId user, Context& context,
                          const std::function<Result<Outcome>(Transaction&)>& work);
  Reaction use(const Event& event, const OrderFact& fact) const;
  Reaction set_free(const OrderFact& fact) const;

  const ServiceContext context_;
  pipeline::Environment& environment_;
  OrderBook* orders_ = nullptr;
};

}  // namespace stampede::saga
