#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "experiments/audit/sold.hpp"
#include "experiments/audit/violations.hpp"

namespace stampede::audit {

Finding stock_conserved(const Books& books) {
  Violations violations;
  auto sold = sold_by_product(books.final);
  std::int64_t total = 0;
  for (const auto& product : books.final.products) {
    const auto units = sold[value_of(product.id)];
    const auto gone = books.seed.stock - product.stock;
    total += units;
    if (gone == units) continue;
    violations.add(fmt::format("product {}: {} units left the stock, but {} were sold",
                               value_of(product.id), gone, units));
  }
  if (std::cmp_not_equal(books.final.products.size(), books.seed.products)) {
    violations.add(fmt::format("{} products were seeded, {} are there", books.seed.products,
                               books.final.products.size()));
  }
  auto summary = fmt::format("{} units of {} products sold", total, books.final.products.size());
  return std::move(violations).finding("stock", std::move(summary));
}

Finding oversold(const Books& books) {
  Violations violations;
  std::int64_t most = 0;
  for (const auto& [product, units] : sold_by_product(books.final)) {
    most = std::max(most, units);
    if (units <= books.seed.stock) continue;
    violations.add(fmt::format("product {}: {} sold of {}", product, units, books.seed.stock));
  }
  auto summary = fmt::format("at most {} units sold of a stock of {} each", most, books.seed.stock);
  return std::move(violations).finding("oversold", std::move(summary));
}

Finding undersold(const Books& books) {
  std::unordered_map<std::int64_t, std::int64_t> left;
  for (const auto& product : books.final.products) left[value_of(product.id)] = product.stock;
  const bool returned = std::ranges::any_of(books.final.orders, [](const Order& order) {
    return order.status == Order::Status::kFailed;
  });

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
