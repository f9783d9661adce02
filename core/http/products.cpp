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

}  // namespace stampede::http
