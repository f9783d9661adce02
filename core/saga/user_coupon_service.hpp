// Keeps what users see of their coupons: those they were given, and which of them are used. Safe
// for concurrent use.
//
//   COUPON_ISSUED → the user has it
//   COUPON_USED   → it is marked; also when this is heard before that it was issued

#pragma once

#include "core/saga/service.hpp"

namespace stampede::saga {

class UserCouponService final : public Service {
 public:
  explicit UserCouponService(ServiceContext context) : context_(context) {}

  const ServiceContext& context() const override { return context_; }
  std::vector<Subscription> subscriptions() override;

 private:
  Reaction grant(const UserCoupon& granted) const;
  Reaction mark(const OrderFact& fact) const;

  const ServiceContext context_;
};

}  // namespace stampede::saga
