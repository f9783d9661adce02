#include <chrono>
#include <string>
#include <utility>

#include "core/http/decode.hpp"
#include "core/http/reading.hpp"
#include "core/http/route.hpp"

namespace stampede::http {

Answer list_products(const Call& call) {
  FieldFaults faults;
  const auto page = decode_page(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  return with_view(call, call.services.stores.products, [&](ReadView& view) {
    const auto found = view.products(page);
    if (!found) return refuse(found.error());
    return succeed(200, encoded_list(found->items, found->total, page));
  });
}

Answer get_product(const Call& call) {
  FieldFaults faults;
  const ProductId id{decode_path_id(call.match.parameters[0], "id", faults)};
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  return with_view(call, call.services.stores.products, [&](ReadView& view) {
    return answer_one(view.product(id), problem_for(RefusalCode::kProductNotFound));
  });
}

namespace {

// As the ranking has them, with the products as the store has them now. Nothing where the store is
// to be asked.
Result<std::optional<std::vector<ProductSales>>> ranked(const Call& call, ReadView& products,
                                                        TimePoint since, std::int64_t limit) {
  if (call.services.best_sellers == nullptr) return std::optional<std::vector<ProductSales>>();
  const auto best = call.services.best_sellers->best(since, limit, call.context.deadline);
  if (!best) return std::optional<std::vector<ProductSales>>();
  std::vector<ProductSales> sales;
  for (const auto& [product, sold] : *best) {
    auto row = products.product(product);
    if (!row) return Unexpected(std::move(row.error()));
    sales.push_back({row->value_or(Product{.id = product}), sold});
  }
  return std::optional(std::move(sales));
}

std::string encoded_sales(const std::vector<ProductSales>& best) {
  std::string body;
  body.reserve(64 + best.size() * 128);
  JsonWriter json(body);
  json.begin_object();
  json.key("items").begin_array();
  for (const auto& sales : best) encode(json, sales, Detail::kPublic);
  json.end_array();
  json.end_object();
  return body;
}

}  // namespace

// {items}: with the units sold, best first.
Answer list_popular_products(const Call& call) {
  FieldFaults faults;
  const auto query = decode_popular_query(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto since = call.services.pipeline.now() - std::chrono::hours(24 * query.days);
  return with_view(call, call.services.stores.orders, [&](ReadView& view) {
    const auto best = ranked(call, view, since, query.limit);
    if (!best) return refuse(best.error());
    if (*best) return succeed(200, encoded_sales(**best));
    const auto found = view.popular_products(since, query.limit);
    if (!found) return refuse(found.error());
    return succeed(200, encoded_sales(*found));
  });
}

}  // namespace stampede::http
