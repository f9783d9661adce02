#include <algorithm>

#include "experiments/load/journey.hpp"

namespace stampede::load {

namespace {

JourneySpec get(const std::string& name, const std::string& path) {
  return {name, {StepSpec{.name = name, .path = path}}};
}

JourneySpec post(const std::string& name, OperationKind kind, const std::string& path,
                 const std::string& body) {
  return {name,
          {StepSpec{.name = name, .method = "POST", .path = path, .body = body, .kind = kind}}};
}

std::vector<JourneySpec> make_built_in_journeys() {
  return {
      post("order", OperationKind::kOrder, "/api/v1/orders",
           R"({"userId":{user},"items":{items}{coupon_field}})"),
      post("order_cart", OperationKind::kOrder, "/api/v1/orders",
           R"({"userId":{user}{coupon_field}})"),
      post("charge", OperationKind::kCharge, "/api/v1/balance/charge",
           R"({"userId":{user},"amount":{amount},"transactionId":"{key}"})"),
      post("issue", OperationKind::kIssue, "/api/v1/coupons/{user}/issue?couponId={coupon}", ""),
      post("issue_async", OperationKind::kIssue,
           "/api/v1/coupons/{user}/issue-async?couponId={coupon}", ""),
      post("cart_add", OperationKind::kCart, "/api/v1/carts/{user}/items",
           R"({"productId":{product},"quantity":{quantity}})"),
      {"order_then_get",
       {StepSpec{.name = "order",
                 .method = "POST",
                 .path = "/api/v1/orders",
                 .body = R"({"userId":{user},"items":{items}{coupon_field}})",
                 .captures = {{"orderId", "orderId"}},
                 .kind = OperationKind::kOrder},
        StepSpec{.name = "get_order", .path = "/api/v1/orders/{orderId}"}}},
      get("get_order", "/api/v1/orders?userId={user}&page=0&size=1"),
      get("balance", "/api/v1/users/{user}/balance"),
      get("products", "/api/v1/products?page=0&size=20"),
      get("product", "/api/v1/products/{product}"),
      get("user_coupons", "/api/v1/users/{user}/coupons"),
      get("cart", "/api/v1/carts/{user}"),
  };
}

}  // namespace

const std::vector<JourneySpec>& built_in_journeys() {
  static const std::vector<JourneySpec> kJourneys = make_built_in_journeys();
  return kJourneys;
}

const JourneySpec* find_journey(const LoadPlan& plan, std::string_view name) {
  for (const auto* journeys : {&plan.journeys, &built_in_journeys()}) {
    const auto found = std::ranges::find(*journeys, name, &JourneySpec::name);
    if (found != journeys->end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string> journey_names(const LoadPlan& plan) {
  std::vector<std::string> names;
  names.reserve(plan.journeys.size() + built_in_journeys().size());
  for (const auto& journey : plan.journeys) names.push_back(journey.name);
  for (const auto& journey : built_in_journeys()) names.push_back(journey.name);
  return names;
}

}  // namespace stampede::load
