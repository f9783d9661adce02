// A request for a coupon on its way from the door to the consumer, and the event that carries it.
// Pure functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/api/event.hpp"
#include "core/api/gate.hpp"
#include "core/api/ids.hpp"
#include "core/issue/options.hpp"

namespace stampede::issue {

inline constexpr std::string_view kTopic = "COUPON_ISSUE_REQUESTED";
// Where events go that cannot be read.
inline constexpr std::string_view kDeadTopic = "COUPON_ISSUE_REQUESTED.DEAD";
inline constexpr std::string_view kService = "coupon-issue";

struct IssueRequest {
  UserId user{};
  CouponId coupon{};
  std::string id;  // 1..64 printable characters without spaces.
  std::string correlation;
};

inline Resource resource_of(CouponId coupon) { return {Resource::Kind::kCoupon, value_of(coupon)}; }

Claim claim_of(const IssueRequest& request);
IssueRequest request_of(const Claim& claim);  // Without a correlation id: nobody kept it.

// {"requestId","userId","couponId"}. The event's id is the request's, so that whoever publishes it
// again makes no second one.
Event event_of(const IssueRequest& request, EventKey key);

// Nothing when it is no such event.
std::optional<IssueRequest> read_event(const Event& event);

}  // namespace stampede::issue
