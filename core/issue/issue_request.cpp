#include "core/issue/issue_request.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace stampede::issue {

using nlohmann::json;

Claim claim_of(const IssueRequest& request) {
  return {.resource = resource_of(request.coupon),
          .user = request.user,
          .quantity = 1,
          .request = request.id};
}

IssueRequest request_of(const Claim& claim) {
  return {.user = claim.user,
          .coupon = CouponId{claim.resource.id},
          .id = claim.request,
          .correlation = {}};
}

Event event_of(const IssueRequest& request, EventKey key) {
  const json payload{{"requestId", request.id},
                     {"userId", value_of(request.user)},
                     {"couponId", value_of(request.coupon)}};
  return {.id = request.id,
          .topic = std::string(kTopic),
          .key = std::to_string(key == EventKey::kCoupon ? value_of(request.coupon)
                                                         : value_of(request.user)),
          .payload = payload.dump(-1, ' ', false, json::error_handler_t::replace),
          .correlation = request.correlation};
}

std::optional<IssueRequest> read_event(const Event& event) {
  const auto payload = json::parse(event.payload, nullptr, false);
  if (!payload.is_object()) return std::nullopt;
  const auto id = payload.find("requestId");
  const auto user = payload.find("userId");
  const auto coupon = payload.find("couponId");
  const bool whole = id != payload.end() && user != payload.end() && coupon != payload.end() &&
                     id->is_string() && user->is_number_integer() && coupon->is_number_integer();
  if (!whole || id->get_ref<const std::string&>().empty()) return std::nullopt;
  return IssueRequest{.user = UserId{user->get<std::int64_t>()},
                      .coupon = CouponId{coupon->get<std::int64_t>()},
                      .id = id->get<std::string>(),
                      .correlation = event.correlation};
}

}  // namespace stampede::issue
