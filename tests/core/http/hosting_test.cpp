// One table says which service answers a path. It must know every route.

#include "core/http/hosting.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

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

TEST(Hosting, TellsPathsApart) {
  EXPECT_EQ(service_of("/api/v1/orders"), Area::kOrder);
  EXPECT_EQ(service_of("/api/orders/018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f"), Area::kOrder);
  EXPECT_EQ(service_of("/carts/7/items"), Area::kOrder);
  EXPECT_EQ(service_of("/products/popular"), Area::kOrder);
  EXPECT_EQ(service_of("/products/deals"), Area::kProduct);
  EXPECT_EQ(service_of("/products/7"), Area::kProduct);
  EXPECT_EQ(service_of("/users/7/balance"), Area::kUser);
  EXPECT_EQ(service_of("/users/7/coupons"), Area::kUserCoupon);
  EXPECT_EQ(service_of("/balance/charge"), Area::kUser);
  EXPECT_EQ(service_of("/coupons/7/issue"), Area::kCoupon);
  EXPECT_EQ(service_of("/api/v1/coupons/{user}/issue-async"), Area::kCoupon) << "a template too";
  EXPECT_EQ(service_of("/admin/outbox/user-coupon"), Area::kUserCoupon);
  EXPECT_EQ(service_of("/nothing"), std::nullopt);
  EXPECT_EQ(service_of("/admin/stats"), std::nullopt);
}

}  // namespace
}  // namespace stampede::http
