#include <fmt/format.h>

#include <unordered_map>

#include "experiments/audit/violations.hpp"

namespace stampede::audit {

Finding money(const Books& books) {
  Violations violations;
  std::unordered_map<std::int64_t, Money> expected;
  Money charged, spent;
  for (const auto& charge : books.final.charges) {
    expected[value_of(charge.user)] += charge.amount;
    charged += charge.amount;
  }
  for (const auto& order : books.final.orders) {
    if (order.status != Order::Status::kCompleted) continue;
    expected[value_of(order.user)] -= order.total;
    spent += order.total;
  }
  for (const auto& wallet : books.final.wallets) {
    const auto change = expected.find(value_of(wallet.user));
    const auto should = books.seed.balance + (change == expected.end() ? Money{} : change->second);
    if (wallet.balance == should) continue;
    violations.add(fmt::format("user {} has {}, but started with {} and {:+} was booked",
                               value_of(wallet.user), wallet.balance.minor,
                               books.seed.balance.minor, (should - books.seed.balance).minor));
  }
  const auto paid = books.final.payments_taken - books.final.payments_refunded;
  if (books.final.payments_taken.minor != 0 && paid != spent) {
    violations.add(fmt::format("the payment gateway kept {}, the completed orders cost {}",
                               paid.minor, spent.minor));
  }
  auto summary = fmt::format("{} charged, {} spent, {} refunded by the gateway", charged.minor,
                             spent.minor, books.final.payments_refunded.minor);
  return std::move(violations).finding("money", std::move(summary));
}

}  // namespace stampede::audit
