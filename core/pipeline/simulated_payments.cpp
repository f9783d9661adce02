#include "core/pipeline/simulated_payments.hpp"

#include <algorithm>
#include <thread>

#include "core/pipeline/mix.hpp"

namespace stampede::pipeline {
namespace {

// Uniform in [0, 1), a function of its arguments only. `stream` keeps unlike draws independent.
double draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  const auto bits = mix(mix(mix(seed) ^ stream) ^ index);
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

}  // namespace

SimulatedPayments::SimulatedPayments(SimulatedPaymentsOptions options) : options_(options) {}

Result<Outcome> SimulatedPayments::pay(const OrderId& order, Money amount) {
  wait();
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = records_.try_emplace(order, Record{State::kPaid, amount});
  auto& record = at->second;
  if (is_new) {
    if (declines_next()) {
      record.state = State::kDeclined;
      ++totals_.declines;
    } else {
      ++totals_.payments;
      totals_.paid += amount;
    }
  }
  // A refunded order is closed: answering "paid" again would be a lie about the money.
  if (record.state != State::kPaid) return Outcome::refuse(RefusalCode::kPaymentDeclined);
  if (record.amount != amount) {
    return fail(ErrorCode::kInvalid, "order " + to_string(order) + " was already paid with " +
                                         std::to_string(record.amount.minor) + ", not " +
                                         std::to_string(amount.minor));
  }
  return Outcome::commit();
}

Result<void> SimulatedPayments::refund(const OrderId& order) {
  wait();
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(order);
  if (found == records_.end() || found->second.state != State::kPaid) return {};
  found->second.state = State::kRefunded;
  ++totals_.refunds;
  totals_.refunded += found->second.amount;
  return {};
}

SimulatedPayments::Totals SimulatedPayments::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

void SimulatedPayments::wait() {
  auto duration = options_.latency;
  if (options_.jitter.count() > 0) {
    std::uint64_t call = 0;
    {
      const std::lock_guard lock(mutex_);
      call = calls_++;
    }
    const auto swing = 2 * draw(options_.seed, 0, call) - 1;
    duration += std::chrono::nanoseconds(
        static_cast<std::int64_t>(swing * static_cast<double>(options_.jitter.count())));
  }
  if (duration.count() > 0) std::this_thread::sleep_for(duration);
}

bool SimulatedPayments::declines_next() {
  return draw(options_.seed, 1, decisions_++) < options_.failure_rate;
}

}  // namespace stampede::pipeline
