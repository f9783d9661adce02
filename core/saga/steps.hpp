// The names of what services do for an order, as the keys of their SagaSteps, and how a step's
// detail is written: small JSON of our own, never a client's text.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/api/entities.hpp"

namespace stampede::saga {

inline std::string payment_step(const OrderId& order) { return "payment " + to_string(order); }
inline std::string stock_step(const OrderId& order) { return "stock " + to_string(order); }
inline std::string cart_step(const OrderId& order) { return "cart " + to_string(order); }
inline std::string coupon_step(UserId user, CouponId coupon) {
  return "coupon " + std::to_string(value_of(coupon)) + " of user " +
         std::to_string(value_of(user));
}

// {"orderId":"..."}
inline std::string detail_of(const OrderId& order) {
  return R"({"orderId":")" + to_string(order) + R"("})";
}

// The order in such a detail; nothing when there is none.
inline std::optional<OrderId> order_in(std::string_view detail) {
  constexpr std::string_view kBefore = R"({"orderId":")";
  constexpr std::size_t kIdLength = 36;
  if (!detail.starts_with(kBefore)) return std::nullopt;
  return parse_order_id(detail.substr(kBefore.size(), kIdLength));
}

// {"reason":"..."}, of a code of our own.
inline std::string detail_of_refusal(std::string_view reason) {
  return R"({"reason":")" + std::string(reason) + R"("})";
}

// `step` as it shall be after a change, `before` being what was read.
inline SagaStep changed(const std::optional<SagaStep>& before, SagaStep step) {
  step.version = before ? before->version : 0;
  return step;
}

// The step of an order that failed: undone, if it was done. Without a step the order has not come
// here yet, and the step is never to be done.
inline SagaStep closed(const std::optional<SagaStep>& before, std::string key, const Order& order,
                       TimePoint now) {
  return changed(before, {.key = std::move(key),
                          .state = before ? SagaStep::State::kUndone : SagaStep::State::kRefused,
                          .detail = before ? before->detail : detail_of_refusal(order.failure),
                          .at = now});
}

}  // namespace stampede::saga
