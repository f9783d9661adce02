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

// {items}: with the units sold, best first.
Answer list_popular_products(const Call& call) {
  FieldFaults faults;
  const auto query = decode_popular_query(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto since = call.services.pipeline.now() - std::chrono::hours(24 * query.days);
  return with_view(call, call.services.stores.orders, [&](ReadView& view) {
    const auto found = view.popular_products(since, query.limit);
    if (!found) return refuse(found.error());
    std::string body;
    body.reserve(64 + found->size() * 128);
    JsonWriter json(body);
    json.begin_object();
    json.key("items").begin_array();
    for (const auto& sales : *found) encode(json, sales, Detail::kPublic);
    json.end_array();
    json.end_object();
    return succeed(200, std::move(body));
  });
}

}  // namespace stampede::http
