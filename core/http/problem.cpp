#include "core/http/problem.hpp"

#include <array>
#include <cstdlib>

#include "core/http/json_writer.hpp"

namespace stampede::http {

namespace {

using Kind = ProblemType::Kind;

// In the order of RefusalCode without kNone, then ErrorCode, then RequestFault.
constexpr std::size_t kRefusals = 14;
constexpr std::size_t kErrors = 11;
constexpr auto kTypes = std::to_array<ProblemType>({
    {Kind::kRefusal, 409, "INSUFFICIENT_STOCK", "Not enough stock"},
    {Kind::kRefusal, 402, "INSUFFICIENT_BALANCE", "Not enough balance"},
    {Kind::kRefusal, 409, "COUPON_NOT_USABLE", "The coupon cannot be used for this order"},
    {Kind::kRefusal, 409, "SOLD_OUT", "All coupons were issued"},
    {Kind::kRefusal, 409, "ALREADY_ISSUED", "The user already holds this coupon"},
    {Kind::kRefusal, 409, "COUPON_NOT_ACTIVE", "The coupon is outside its validity window"},
    {Kind::kRefusal, 404, "USER_NOT_FOUND", "No such user"},
    {Kind::kRefusal, 404, "PRODUCT_NOT_FOUND", "No such product"},
    {Kind::kRefusal, 404, "COUPON_NOT_FOUND", "No such coupon"},
    {Kind::kRefusal, 409, "CART_EMPTY", "The cart is empty"},
    {Kind::kRefusal, 402, "PAYMENT_DECLINED", "The payment was declined"},
    {Kind::kRefusal, 409, "REQUEST_IN_PROGRESS", "A request with this key is in progress", true},
    {Kind::kRefusal, 422, "REQUEST_KEY_REUSED", "The key was used for another request"},
    {Kind::kRefusal, 409, "SAGA_TIMEOUT", "The order stood still, was given up and undone"},

    {Kind::kFailure, 503, "CONFLICT", "Concurrent changes; try again", true},
    {Kind::kFailure, 503, "LOCK_TIMEOUT", "The lock was not acquired in time", true},
    {Kind::kFailure, 503, "POOL_TIMEOUT", "No connection was free in time", true},
    {Kind::kFailure, 503, "LEASE_LOST", "The lock passed to another holder", true},
    {Kind::kFailure, 503, "TIMEOUT", "The request waited too long", true},
    {Kind::kFailure, 503, "OVERLOADED", "The server is overloaded", true},
    {Kind::kFailure, 503, "UNAVAILABLE", "What the request needs cannot be reached", true},
    {Kind::kFailure, 504, "IN_DOUBT", "It is not known whether the request took effect"},
    {Kind::kRefusal, 404, "NOT_FOUND", "Not found"},
    {Kind::kBadRequest, 400, "INVALID", "The request is not valid"},
    {Kind::kFailure, 500, "INTERNAL", "Internal error"},

    {Kind::kBadRequest, 404, "ROUTE_NOT_FOUND", "No such route"},
    {Kind::kRefusal, 404, "ORDER_NOT_FOUND", "No such order"},
    {Kind::kBadRequest, 405, "METHOD_NOT_ALLOWED", "The route does not answer this method"},
    {Kind::kBadRequest, 415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json"},
    {Kind::kBadRequest, 421, "NOT_HOSTED", "Another process hosts the service that answers this"},
    {Kind::kRefusal, 409, "DEAL_RUNNING", "The product is in a hot deal already"},
    {Kind::kRefusal, 409, "DEAL_NOT_RUNNING", "The product is in no hot deal"},
});
static_assert(static_cast<std::size_t>(RefusalCode::kSagaTimeout) == kRefusals);
static_assert(static_cast<std::size_t>(ErrorCode::kInternal) + 1 == kErrors);
static_assert(static_cast<std::size_t>(RequestFault::kDealNotRunning) + 1 ==
              kTypes.size() - kRefusals - kErrors);

}  // namespace

std::span<const ProblemType> problem_types() { return kTypes; }

std::size_t index_of(const ProblemType& type) {
  return static_cast<std::size_t>(&type - kTypes.data());
}

const ProblemType& problem_for(RefusalCode code) {
  if (code == RefusalCode::kNone) std::abort();  // A bug: nothing was refused.
  return kTypes.at(static_cast<std::size_t>(code) - 1);
}

const ProblemType& problem_for(ErrorCode code) {
  return kTypes.at(kRefusals + static_cast<std::size_t>(code));
}

const ProblemType& problem_for(RequestFault fault) {
  return kTypes.at(kRefusals + kErrors + static_cast<std::size_t>(fault));
}

std::string problem_body(const ProblemType& type, std::string_view detail,
                         std::string_view correlation, const FieldFaults& faults) {
  std::string body;
  body.reserve(256);
  JsonWriter json(body);
  json.begin_object();
  json.key("type").raw("\"urn:stampede:problem:").raw(type.code).raw("\"");
  json.key("title").text(type.title);
  json.key("status").integer(type.status);
  json.key("code").text(type.code);
  if (!detail.empty()) json.key("detail").text(detail);
  if (!correlation.empty()) json.key("correlation").text(correlation);
  if (!faults.empty()) {
    json.key("errors").begin_array();
    for (const auto& fault : faults) {
      json.begin_object();
      json.key("where").text(fault.where);
      json.key("expected").text(fault.expected);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return body;
}

}  // namespace stampede::http
