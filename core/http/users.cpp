#include "core/http/decode.hpp"
#include "core/http/reading.hpp"
#include "core/http/route.hpp"

namespace stampede::http {

namespace {

std::string encoded_cart(UserId user, const std::vector<CartLine>& lines) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("userId").integer(value_of(user));
  json.key("items").begin_array();
  for (const auto& line : lines) encode(json, line, Detail::kPublic);
  json.end_array();
  json.end_object();
  return body;
}

}  // namespace

Answer get_balance(const Call& call) {
  FieldFaults faults;
  const UserId user{decode_path_id(call.match.parameters[0], "id", faults)};
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  return with_view(call, call.services.stores.users, [&](ReadView& view) {
    return answer_one(view.wallet(user), problem_for(RefusalCode::kUserNotFound));
  });
}

Answer charge_balance(const Call& call) {
  FieldFaults faults;
  auto charge = decode_charge(call.request.body, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  charge.tag = call.tag;
  return answer_reply(call.services.pipeline.charge_balance(charge, call.context), 200,
                      [](const Charge& charged) { return encoded(charged); });
}

Answer add_to_cart(const Call& call) {
  FieldFaults faults;
  pipeline::AddToCart add;
  add.user = UserId{decode_path_id(call.match.parameters[0], "userId", faults)};
  add.item = decode_cart_item(call.request.body, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  add.tag = call.tag;
  return answer_reply(call.services.pipeline.add_to_cart(add, call.context), 201,
                      [](const CartLine& line) { return encoded(line); });
}

Answer get_cart(const Call& call) {
  FieldFaults faults;
  const UserId user{decode_path_id(call.match.parameters[0], "userId", faults)};
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  return with_user_view(call, call.services.stores.orders, user, [&](ReadView& view) {
    const auto lines = view.cart(user);
    if (!lines) return refuse(lines.error());
    return succeed(200, encoded_cart(user, *lines));
  });
}

}  // namespace stampede::http
