// Hot deals: listed for everybody; started and ended by hand, for who runs them.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/http/decode.hpp"
#include "core/http/json_writer.hpp"
#include "core/http/reading.hpp"
#include "core/http/route.hpp"
#include "core/stock/desk.hpp"

namespace stampede::http {

namespace {

using stock::DealRefusal;

Answer refuse_absent() {
  return refuse(problem_for(RequestFault::kRouteNotFound),
                "There are no hot deals here; choose a gate by stock.gate.use");
}

const ProblemType& problem_of(DealRefusal refusal) {
  switch (refusal) {
    case DealRefusal::kNoProduct:
      return problem_for(RefusalCode::kProductNotFound);
    case DealRefusal::kRunning:
      return problem_for(RequestFault::kDealRunning);
    case DealRefusal::kNotRunning:
    case DealRefusal::kNone:
      break;
  }
  return problem_for(RequestFault::kDealNotRunning);
}

void write_optional(JsonWriter& json, const std::optional<std::int64_t>& value) {
  if (value) {
    json.integer(*value);
  } else {
    json.null();
  }
}

// The rows of the page's part of `all`, in its order.
Result<std::vector<Product>> rows_of(ReadView& view, const std::vector<ProductId>& all,
                                     const Page& page) {
  std::vector<Product> rows;
  const auto from = std::min(page.number * page.size, std::ssize(all));
  const auto until = std::min(from + page.size, std::ssize(all));
  rows.reserve(static_cast<std::size_t>(until - from));
  for (auto i = from; i < until; ++i) {
    auto row = view.product(all[static_cast<std::size_t>(i)]);
    if (!row) return Unexpected(std::move(row.error()));
    if (*row) rows.push_back(**std::move(row));
  }
  return rows;
}

}  // namespace

// Nothing where there is no gate: no deal can be under way then.
Answer list_deals(const Call& call) {
  FieldFaults faults;
  const auto page = decode_page(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto* desk = call.services.deals;
  const auto all = desk == nullptr ? std::vector<ProductId>() : desk->running();
  return with_view(call, call.services.stores.products, [&](ReadView& view) {
    const auto rows = rows_of(view, all, page);
    if (!rows) return refuse(rows.error());
    return succeed(200, encoded_list(*rows, std::ssize(all), page));
  });
}

// {productId, remaining}
Answer start_deal(const Call& call) {
  if (call.services.deals == nullptr) return refuse_absent();
  FieldFaults faults;
  const ProductId product{decode_path_id(call.match.parameters[0], "id", faults)};
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto started = call.services.deals->start(product, call.context.deadline);
  if (!started) return refuse(started.error());
  if (started->refusal != DealRefusal::kNone) return refuse(problem_of(started->refusal));
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("productId").integer(value_of(product));
  json.key("remaining").integer(started->remaining);
  json.end_object();
  return succeed(200, std::move(body));
}

// {productId, gate, store, difference}
Answer end_deal(const Call& call) {
  if (call.services.deals == nullptr) return refuse_absent();
  FieldFaults faults;
  const ProductId product{decode_path_id(call.match.parameters[0], "id", faults)};
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto ended = call.services.deals->end(product, call.context.deadline);
  if (!ended) return refuse(ended.error());
  if (ended->refusal != DealRefusal::kNone) return refuse(problem_of(ended->refusal));
  std::optional<std::int64_t> difference;
  if (ended->gate) difference = *ended->gate - ended->store;
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("productId").integer(value_of(product));
  json.key("gate");
  write_optional(json, ended->gate);
  json.key("store").integer(ended->store);
  json.key("difference");
  write_optional(json, difference);
  json.end_object();
  return succeed(200, std::move(body));
}

}  // namespace stampede::http
