// The external payment of one order: made at most once, however often the work around it runs, and
// given back when the order does not come to be. Belongs to one request and one thread.

#pragma once

#include <optional>

#include "core/api/operation.hpp"
#include "core/pipeline/sources.hpp"

namespace stampede::pipeline {

class Payment {
 public:
  // What is passed in outlives the payment.
  Payment(PaymentGateway& gateway, const OrderId& order, Context& context)
      : gateway_(gateway), order_(order), context_(context) {}

  // Commits when the amount is paid, now or by an earlier call; nothing is to be paid for 0.
  // Refuses with kPaymentDeclined when the gateway did, or when another amount was paid earlier.
  // After an error money may have been taken; the error never reads as "run it again" or "in
  // doubt": the order is not to be made, and refund() sees to the money.
  Result<Outcome> pay(Money amount);

  // Whether exactly this amount is paid.
  bool covers(Money amount) const { return paid_ == amount; }

  // Whether an order that does not come to be must be refunded.
  bool may_hold_money() const { return held_.minor != 0; }

  // Gives back whatever may have been taken; several attempts, one after the other. kInternal when
  // the gateway took none of them: the message names the order and the amount.
  Result<void> refund();

 private:
  PaymentGateway& gateway_;
  const OrderId order_;
  Context& context_;
  Money held_;  // What the gateway may have taken.
  Money paid_;  // What it confirmed.
  bool declined_ = false;
};

}  // namespace stampede::pipeline
