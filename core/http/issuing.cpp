// Coupons that are issued later: the request, what became of it, and those that failed.

#include <algorithm>
#include <charconv>
#include <string>

#include "core/http/decode.hpp"
#include "core/http/json_writer.hpp"
#include "core/http/reading.hpp"
#include "core/http/route.hpp"
#include "core/http/uri.hpp"
#include "core/issue/issuing.hpp"

namespace stampede::http {

namespace {

// Where the topology has no consumer of such requests.
Answer refuse_absent() {
  return refuse(problem_for(RequestFault::kRouteNotFound),
                "Coupons are not issued asynchronously in this topology");
}

std::string_view name_of(issue::IssueState state) {
  switch (state) {
    case issue::IssueState::kPending:
      break;
    case issue::IssueState::kIssued:
      return "ISSUED";
    case issue::IssueState::kFailed:
      return "FAILED";
  }
  return "PENDING";
}

std::string encoded_request(const std::string& id, const issue::IssueStatus& status) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("requestId").text(id);
  json.key("status").text(name_of(status.state));
  json.key("reason");
  if (status.reason.empty()) {
    json.null();
  } else {
    json.text(status.reason);
  }
  json.end_object();
  return body;
}

}  // namespace

Answer request_coupon(const Call& call) {
  if (call.services.issuing == nullptr) return refuse_absent();
  FieldFaults faults;
  pipeline::IssueCoupon request;
  request.user = UserId{decode_path_id(call.match.parameters[0], "userId", faults)};
  QueryReader query(call.request.query, faults);
  request.coupon = CouponId{query.required_integer("couponId", 1)};
  query.finish();
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  request.tag = call.tag;
  return answer_reply(call.services.issuing->accept(request, call.context), 202,
                      [](const std::string& id) { return encoded_request(id, {}); });
}

Answer get_coupon_request(const Call& call) {
  if (call.services.issuing == nullptr) return refuse_absent();
  const auto id = decode_percent(call.match.parameters[0]);
  if (!id || !is_request_key(*id)) {
    return refuse_invalid({{"{requestId}", "1 to 64 printable characters without spaces"}});
  }
  const auto status = call.services.issuing->status(*id, call.context);
  if (!status) return refuse(status.error());
  return succeed(200, encoded_request(*id, *status));
}

Answer dump_failed_issues(const Call& call) {
  if (call.services.issuing == nullptr) return succeed(200, R"({"items":[],"next":null})");
  FieldFaults faults;
  const auto query = decode_cursor(call.request.query, faults);
  if (!faults.empty()) return refuse_invalid(std::move(faults));
  const auto failed =
      call.services.issuing->failed_after(query.after, query.limit, call.context.deadline);
  if (!failed) return refuse(failed.error());
  std::string body;
  body.reserve(64 + failed->size() * 120);
  JsonWriter json(body);
  json.begin_object();
  json.key("items").begin_array();
  for (const auto& [request, reason] : *failed) {
    json.begin_object();
    json.key("requestId").text(request.id);
    json.key("userId").integer(value_of(request.user));
    json.key("couponId").integer(value_of(request.coupon));
    json.key("reason").text(reason);
    json.end_object();
  }
  json.end_array();
  json.key("next");
  if (std::cmp_less(failed->size(), query.limit)) {
    json.null();
  } else {
    json.text(failed->back().request.id);
  }
  json.end_object();
  return succeed(200, std::move(body));
}

}  // namespace stampede::http
