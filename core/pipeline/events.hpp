// The facts the pipeline tells the world, as JSON. Pure functions. The correlation is left empty:
// it belongs to the request, not to the fact.
//
// The key says what stays in order. An order's events are keyed by the order, so that one busy
// user cannot fill one partition; coupons and charges are keyed by the user whose they are.

#pragma once

#include <string>

#include "core/api/entities.hpp"
#include "core/api/event.hpp"

namespace stampede::pipeline {

// {"orderId","userId","items":[{"productId","quantity","unitPrice"}],"couponId"?,"subtotal","total"}
Event order_completed(const Order& order, const OrderId& event_id);

// {"userId","couponId","issuedAt","requestKey"?}: all that it takes to have the same row elsewhere,
// the time in microseconds since 1970.
Event coupon_issued(const UserCoupon& granted, const OrderId& event_id);

// {"transactionId","userId","amount"}
Event balance_charged(const Charge& charge, const OrderId& event_id);

}  // namespace stampede::pipeline
