#include <fmt/format.h>

#include <algorithm>

#include "experiments/audit/sold.hpp"
#include "experiments/audit/violations.hpp"

namespace stampede::audit {

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

}  // namespace stampede::audit
