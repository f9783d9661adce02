// The facts that services tell each other about an order, one event for each. An event carries all
// that the next step needs, so that no service reads another's store. Pure functions.
//
// The id of a fact is made of the order and the topic: a fact is one fact however often it is told,
// and whoever receives it twice can see that.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/entities.hpp"
#include "core/api/event.hpp"
#include "core/api/result.hpp"

namespace stampede::saga {

namespace topic {
inline constexpr std::string_view kOrderRequested = "ORDER_REQUESTED";  // To be placed later.
inline constexpr std::string_view kOrderPending = "ORDER_PENDING";
inline constexpr std::string_view kPaymentSuccessful = "PAYMENT_SUCCESSFUL";
inline constexpr std::string_view kPaymentFailed = "PAYMENT_FAILED";
inline constexpr std::string_view kStockDecreased = "STOCK_DECREASED";
inline constexpr std::string_view kStockDecreaseFailed = "STOCK_DECREASE_FAILED";
inline constexpr std::string_view kOrderCompleted = "ORDER_COMPLETED";
inline constexpr std::string_view kOrderFailed = "ORDER_FAILED";
inline constexpr std::string_view kCouponUsed = "COUPON_USED";
inline constexpr std::string_view kCouponIssued = "COUPON_ISSUED";
inline constexpr std::string_view kDeadLetterSuffix = ".DEAD";
}  // namespace topic

// What the events of one key share, and therefore what stays in order and what is spread.
enum class EventKey : std::uint8_t { kOrder, kUser, kProduct, kCoupon };

// The reason of an order that was given up because its saga stood still.
inline constexpr std::string_view kSagaTimeout = "SAGA_TIMEOUT";

struct OrderFact {
  Order order;  // With `failure` as the reason, where there is one; without status and request key.
  std::optional<TimePoint> completed_at;  // In and after ORDER_COMPLETED.
  std::string request = {};               // In ORDER_REQUESTED: the key to place it under.
};

// "018f4c1e-...-dc0c0c07398f/ORDER_PENDING"
std::string event_id(const OrderId& order, std::string_view topic);

// {"orderId","userId","items":[{"productId","quantity","unitPrice"}],"couponId"?,"subtotal",
//  "total","createdAt","completedAt"?,"reason"?,"requestKey"?}, times in microseconds since 1970.
Event tell(std::string_view topic, const OrderFact& fact, EventKey key,
           std::string_view correlation);

// kInvalid, saying what is wrong, when the payload is not what tell() writes.
Result<OrderFact> read_order_fact(const Event& event);

// What COUPON_ISSUED says: the coupon as it was granted.
Result<UserCoupon> read_coupon_issued(const Event& event);

}  // namespace stampede::saga
