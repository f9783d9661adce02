#include <fmt/format.h>

#include <utility>

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

}  // namespace stampede::audit
