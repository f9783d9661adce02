#include "core/http/hosting.hpp"

#include <array>
#include <utility>
#include <vector>

#include "core/http/router.hpp"

namespace stampede::http {

namespace {

using saga::Area;

// Every route that reads or writes what a service keeps.
constexpr auto kServices = std::to_array<std::pair<std::string_view, Area>>({
    {"/orders", Area::kOrder},
    {"/orders/{id}", Area::kOrder},
    {"/carts/{userId}", Area::kOrder},
    {"/carts/{userId}/items", Area::kOrder},
    {"/products/popular", Area::kOrder},  // What was sold, only orders say.
    {"/users/{id}/balance", Area::kUser},
    {"/balance/charge", Area::kUser},
    {"/products", Area::kProduct},
    {"/products/deals", Area::kProduct},
    {"/products/{id}", Area::kProduct},
    {"/products/{id}/hotdeal/start", Area::kProduct},
    {"/products/{id}/hotdeal/end", Area::kProduct},
    {"/coupons/{userId}/issue", Area::kCoupon},
    {"/coupons/{userId}/issue-async", Area::kCoupon},
    {"/coupons/requests/{requestId}", Area::kCoupon},
    {"/users/{id}/coupons", Area::kUserCoupon},
    {"/admin/orders", Area::kOrder},
    {"/admin/outbox", Area::kOrder},
    {"/admin/outbox/{service}", Area::kOrder},  // A name that is none.
    {"/admin/outbox/order", Area::kOrder},
    {"/admin/outbox/user", Area::kUser},
    {"/admin/outbox/product", Area::kProduct},
    {"/admin/outbox/coupon", Area::kCoupon},
    {"/admin/outbox/user-coupon", Area::kUserCoupon},
    {"/admin/wallets", Area::kUser},
    {"/admin/charges", Area::kUser},
    {"/admin/products", Area::kProduct},
    {"/admin/coupons", Area::kCoupon},
    {"/admin/failed-issues", Area::kCoupon},
    {"/admin/user-coupons", Area::kUserCoupon},
});

// Whatever the method is: a service answers all of a path.
constexpr std::string_view kAnyMethod = "GET";

Router make_router() {
  std::vector<RoutePattern> patterns;
  patterns.reserve(kServices.size());
  for (const auto& [path, service] : kServices) patterns.push_back({kAnyMethod, path});
  return Router(patterns);
}

}  // namespace

std::optional<saga::Area> service_of(std::string_view path) {
  static const Router kRouter = make_router();
  const auto match = kRouter.match(kAnyMethod, path);
  if (match.kind != RouteMatch::Kind::kFound) return std::nullopt;
  return kServices.at(match.route).second;
}

}  // namespace stampede::http
