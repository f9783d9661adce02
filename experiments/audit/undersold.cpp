#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "experiments/audit/violations.hpp"

namespace stampede::audit {

Finding undersold(const Books& books) {
  std::unordered_map<std::int64_t, std::int64_t> left;
  for (const auto& product : books.final.products) left[value_of(product.id)] = product.stock;
  const bool failed = std::ranges::any_of(books.final.orders, [](const Order& order) {
    return order.status == Order::Status::kFailed;
  });
  // A gate holds stock for an order until it is known what becomes of it.
  const bool held =
      books.final.has_stock_gate && std::ranges::any_of(books.claims, [](const Claim& claim) {
        return claim.kind == Claim::Kind::kOrder &&
               claim.standing != Claim::Standing::kAcknowledged &&
               claim.code != "INSUFFICIENT_STOCK";
      });
  const bool returned = failed || held;

  Violations violations;
  std::int64_t refused = 0;
  for (const auto& claim : books.claims) {
    const bool short_of_stock = claim.kind == Claim::Kind::kOrder &&
                                claim.standing == Claim::Standing::kRefused &&
                                claim.code == "INSUFFICIENT_STOCK" && !claim.items.empty();
    if (!short_of_stock) continue;
    ++refused;
    // Stock only shrinks where nothing is returned: what is left now was there then.
    const bool all_there = std::ranges::all_of(claim.items, [&](const Claim::Item& item) {
      return left[value_of(item.product)] >= item.quantity;
    });
    if (all_there) {
      violations.add(fmt::format("key \"{}\" was refused {} of product {}, of which {} are left",
                                 claim.key, claim.items.front().quantity,
                                 value_of(claim.items.front().product),
                                 left[value_of(claim.items.front().product)]));
    }
  }
  auto summary = fmt::format("{} orders refused for lack of stock", refused);
  const bool found = violations.count() > 0;
  auto finding = std::move(violations).finding("undersold", std::move(summary));
  if (found && returned) {
    finding.verdict = Verdict::kUnknown;
    finding.summary += "; stock was returned in between, so what is left proves nothing";
  }
  return finding;
}

}  // namespace stampede::audit
