#include "experiments/load/outcome.hpp"

#include <algorithm>

namespace stampede::load {

bool is_refusal_code(std::string_view code) {
  // Not REQUEST_IN_PROGRESS nor REQUEST_KEY_REUSED: keys are used once, so these are a fault. Nor
  // SAGA_TIMEOUT: no business rule refused that order.
  static constexpr std::string_view kCodes[] = {
      "INSUFFICIENT_STOCK", "INSUFFICIENT_BALANCE", "COUPON_NOT_USABLE", "SOLD_OUT",
      "ALREADY_ISSUED",     "COUPON_NOT_ACTIVE",    "USER_NOT_FOUND",    "PRODUCT_NOT_FOUND",
      "COUPON_NOT_FOUND",   "ORDER_NOT_FOUND",      "CART_EMPTY",        "PAYMENT_DECLINED",
  };
  return std::ranges::find(kCodes, code) != std::end(kCodes);
}

OutcomeKind classify(int status, std::string_view code, std::span<const int> expected,
                     bool beyond_seeded) {
  if (std::ranges::find(expected, status) != expected.end()) {
    return status < 400 ? OutcomeKind::kSuccess : OutcomeKind::kRefusal;
  }
  if (status >= 200 && status < 300) {
    return expected.empty() ? OutcomeKind::kSuccess : OutcomeKind::kError;
  }
  if (status == 404 && beyond_seeded) return OutcomeKind::kSkipped;
  const bool may_refuse = status == 402 || status == 404 || status == 409 || status == 422;
  return may_refuse && is_refusal_code(code) ? OutcomeKind::kRefusal : OutcomeKind::kError;
}

}  // namespace stampede::load
