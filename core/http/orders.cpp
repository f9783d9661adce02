#include "core/http/decode.hpp"
#include "core/http/reading.hpp"
#include "core/http/route.hpp"

namespace stampede::http {

namespace {

// Of an order that was accepted: nothing is kept of it before it is placed.
std::string encoded_pending(const OrderId& id) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("orderId").text(to_string(id));
  json.key("status").text("PENDING");
  json.end_object();
  return body;
}

}  // namespace

Answer place_order(const Call& call) {
  FieldFaults faults;
  auto order = decode_order(call.request.body, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  order.tag = call.tag;
  const auto reply = call.services.pipeline.place_order(order, call.context);
  // Accepted, and not final yet.
  const bool pending = reply && reply->value && reply->value->status == Order::Status::kPending;
  return answer_reply(reply, pending ? 202 : 201,
                      [](const Order& placed) { return encoded(placed); });
}

Answer get_order(const Call& call) {
  FieldFaults faults;
  const auto id = decode_order_id(call.match.parameters[0], faults);
  if (!id) return refuse_invalid(std::move(faults));
  return with_view(call, call.services.stores.orders, [&](ReadView& view) {
    const auto found = view.order(*id);
    const auto* deals = call.services.deals;
    if (found && !*found && deals != nullptr && deals->may_be_pending(*id)) {
      return succeed(200, encoded_pending(*id));
    }
    return answer_one(found, problem_for(RequestFault::kOrderNotFound));
  });
}

Answer list_orders(const Call& call) {
  FieldFaults faults;
  const auto query = decode_order_query(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  return with_view(call, call.services.stores.orders, [&](ReadView& view) {
    const auto found = view.orders(query.filter, query.page);
    if (!found) return refuse(found.error());
    return succeed(200, encoded_list(found->items, found->total, query.page));
  });
}

}  // namespace stampede::http
