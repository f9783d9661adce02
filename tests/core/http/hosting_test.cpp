// One table says which service answers a path. It must know every route.

#include "core/http/hosting.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/http/route.hpp"

namespace stampede::http {
namespace {

using saga::Area;

// What a process answers about itself, whatever it hosts.
const std::set<std::string, std::less<>> kEverywhere{"/healthz",    "/readyz",      "/metrics",
                                                     "/admin/seed", "/admin/stats", "/admin/window",
                                                     "/admin/quiet"};

TEST(Hosting, KnowsTheServiceOfEveryRoute) {
  for (const auto& route : routes()) {
    EXPECT_NE(service_of(route.path).has_value(), kEverywhere.contains(route.path)) << route.name;
  }
}

// As docs/services.md tells it.
TEST(Hosting, KnowsWhatBelongsToWhom) {
  const std::map<Area, std::vector<std::string_view>> answered{
      {Area::kOrder,
       {"/orders", "/orders/018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f", "/carts/7", "/carts/7/items",
        "/products/popular", "/admin/orders", "/admin/outbox", "/admin/outbox/order",
        "/admin/outbox/nobody"}},
      {Area::kUser,
       {"/users/7/balance", "/balance/charge", "/admin/wallets", "/admin/charges",
        "/admin/outbox/user"}},
      {Area::kProduct,
       {"/products", "/products/7", "/products/deals", "/products/7/hotdeal/start",
        "/products/7/hotdeal/end", "/admin/products", "/admin/outbox/product"}},
      {Area::kCoupon,
       {"/coupons/7/issue", "/coupons/7/issue-async", "/coupons/requests/r-1", "/admin/coupons",
        "/admin/failed-issues", "/admin/outbox/coupon"}},
      {Area::kUserCoupon,
       {"/users/7/coupons", "/admin/user-coupons", "/admin/outbox/user-coupon"}}};
  for (const auto& [service, paths] : answered) {
    for (const auto path : paths) EXPECT_EQ(service_of(path), service) << path;
  }
}

TEST(Hosting, TakesPathsAsClientsAndPlansWriteThem) {
  EXPECT_EQ(service_of("/api/v1/orders"), Area::kOrder);
  EXPECT_EQ(service_of("/api/orders/018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f"), Area::kOrder);
  EXPECT_EQ(service_of("/api/v1/coupons/{user}/issue-async"), Area::kCoupon) << "a template too";
  EXPECT_EQ(service_of("/nothing"), std::nullopt);
  EXPECT_EQ(service_of("/admin/stats"), std::nullopt);
}

}  // namespace
}  // namespace stampede::http
