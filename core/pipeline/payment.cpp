#include "core/pipeline/payment.hpp"

#include <string>

namespace stampede::pipeline {
namespace {

constexpr int kRefundAttempts = 3;

}  // namespace

Result<Outcome> Payment::pay(Money amount) {
  if (declined_) return Outcome::refuse(RefusalCode::kPaymentDeclined);
  if (covers(amount)) return Outcome::commit();
  // A second payment for the same order would be a double charge, whatever its amount.
  if (held_.minor != 0) return Outcome::refuse(RefusalCode::kPaymentDeclined);
  if (Clock::now() >= context_.deadline) {
    return fail(ErrorCode::kTimeout,
                "the deadline passed before order " + to_string(order_) + " was paid");
  }

  const PhaseTimer timer(context_.phases, Phase::kPayment);
  held_ = amount;
  auto outcome = gateway_.pay(order_, amount);
  if (!outcome) {
    return fail(ErrorCode::kUnavailable, "the payment of order " + to_string(order_) +
                                             " failed: " + outcome.error().message);
  }
  if (!outcome->committed()) {
    held_ = Money{};
    declined_ = true;
    return Outcome::refuse(RefusalCode::kPaymentDeclined);
  }
  paid_ = amount;
  return Outcome::commit();
}

Result<void> Payment::refund() {
  if (held_.minor == 0) return {};
  const PhaseTimer timer(context_.phases, Phase::kPayment);
  Result<void> refunded;
  for (int attempt = 0; attempt < kRefundAttempts; ++attempt) {
    refunded = gateway_.refund(order_);
    if (refunded) {
      held_ = paid_ = Money{};
      return {};
    }
  }
  return fail(ErrorCode::kInternal, "the payment of " + std::to_string(held_.minor) +
                                        " for order " + to_string(order_) +
                                        " is not refunded: " + refunded.error().message);
}

}  // namespace stampede::pipeline
