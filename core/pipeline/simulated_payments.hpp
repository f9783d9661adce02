// A payment provider that takes its time and sometimes says no, for measuring what an external
// call does to a sale. Idempotent by order id: whatever was answered first is answered again, and
// money moves once. Safe for concurrent use; callers sleep, they do not spin.
//
// It keeps one small record for each order until it is destroyed, as a provider's ledger would.

#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "core/pipeline/sources.hpp"

namespace stampede::pipeline {

struct SimulatedPaymentsOptions {
  std::chrono::nanoseconds latency{0};  // Of each call, payment or refund, on average.
  std::chrono::nanoseconds jitter{0};   // Each call takes latency +/- jitter, uniformly, >= 0.
  double failure_rate = 0;              // 0..1: the share of payments that are declined.
  std::uint64_t seed = 1;
};

class SimulatedPayments final : public PaymentGateway {
 public:
  struct Totals {
    std::int64_t payments = 0;
    std::int64_t declines = 0;
    std::int64_t refunds = 0;
    Money paid;
    Money refunded;
  };

  explicit SimulatedPayments(SimulatedPaymentsOptions options);

  // Which payments are declined depends on the seed and on how many were decided before, so a run
  // declines the same number whichever thread comes first.
  Result<Outcome> pay(const OrderId& order, Money amount) override;
  Result<void> refund(const OrderId& order) override;

  Totals totals() const;

 private:
  enum class State : std::uint8_t { kPaid, kDeclined, kRefunded };
  struct Record {
    State state;
    Money amount;
  };

  void wait();
  bool declines_next();

  const SimulatedPaymentsOptions options_;
  mutable std::mutex mutex_;
  std::unordered_map<OrderId, Record> records_;
  Totals totals_;
  std::uint64_t calls_ = 0;
  std::uint64_t decisions_ = 0;
};

}  // namespace stampede::pipeline
