#include "core/http/decode.hpp"
#include "core/http/reading.hpp"
#include "core/http/route.hpp"
#include "core/http/uri.hpp"

namespace stampede::http {

Answer issue_coupon(const Call& call) {
  FieldFaults faults;
  pipeline::IssueCoupon issue;
  issue.user = UserId{decode_path_id(call.match.parameters[0], "userId", faults)};
  QueryReader query(call.request.query, faults);
  issue.coupon = CouponId{query.required_integer("couponId", 1)};
  query.finish();
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  issue.tag = call.tag;
  return answer_reply(call.services.pipeline.issue_coupon(issue, call.context), 201,
                      [](const UserCoupon& held) { return encoded(held); });
}

Answer list_user_coupons(const Call& call) {
  FieldFaults faults;
  const UserId user{decode_path_id(call.match.parameters[0], "id", faults)};
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  return with_user_view(call, call.services.stores.user_coupons, user, [&](ReadView& view) {
    const auto held = view.coupons_of(user);
    if (!held) return refuse(held.error());
    const auto count = static_cast<std::int64_t>(held->size());
    return succeed(200, encoded_list(*held, count, {.number = 0, .size = count}));
  });
}

}  // namespace stampede::http
