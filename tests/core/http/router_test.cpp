// The router: which route a path finds, and that no path hurts it.

#include "core/http/router.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "core/http/route.hpp"

namespace stampede::http {
namespace {

using Kind = RouteMatch::Kind;

constexpr std::array kPatterns{
    RoutePattern{"POST", "/orders"},       RoutePattern{"GET", "/orders"},
    RoutePattern{"GET", "/orders/{id}"},   RoutePattern{"GET", "/products/deals"},
    RoutePattern{"GET", "/products/{id}"}, RoutePattern{"POST", "/coupons/{userId}/issue"},
};

class RouterTest : public testing::Test {
 protected:
  Router router_{kPatterns};
};

TEST_F(RouterTest, AnswersEachPathUnderEveryPrefix) {
  for (const std::string prefix : {"/api/v1", "/api", ""}) {
    for (std::size_t i = 0; i < kPatterns.size(); ++i) {
      auto path = std::string(kPatterns[i].path);
      if (const auto brace = path.find('{'); brace != std::string::npos) {
        path.replace(brace, path.find('}') - brace + 1, "7");
      }
      const auto match = router_.match(kPatterns[i].method, prefix + path);
      EXPECT_EQ(match.kind, Kind::kFound) << prefix + path;
      EXPECT_EQ(match.route, i) << prefix + path;
    }
  }
}

TEST_F(RouterTest, HandsOverTheSegmentsInBracesAsTheyWereSent) {
  const auto match = router_.match("POST", "/coupons/%34%32/issue");
  ASSERT_EQ(match.kind, Kind::kFound);
  EXPECT_EQ(match.parameters[0], "%34%32");
}

TEST_F(RouterTest, PrefersALiteralSegment) {
  EXPECT_EQ(router_.match("GET", "/products/deals").route, 3U);
  EXPECT_EQ(router_.match("GET", "/products/dealz").route, 4U);
}

TEST_F(RouterTest, FindsNothingForWhatIsNoRoute) {
  for (const std::string path :
       {"", "/", "/api", "/api/v1", "/api/v1/", "/api/v2/orders", "/apiorders", "/orders/",
        "/orders//", "//orders", "/orders/1/2", "/coupons//issue", "/coupons/1", "/Orders",
        "/api/api/v1/orders", "/{id}"}) {
    EXPECT_EQ(router_.match("GET", path).kind, Kind::kNotFound) << path;
  }
}

TEST_F(RouterTest, SaysWhichMethodsAPathAllows) {
  const auto match = router_.match("DELETE", "/orders");
  EXPECT_EQ(match.kind, Kind::kMethodNotAllowed);
  EXPECT_EQ(match.allow, "POST, GET, HEAD");
  EXPECT_EQ(router_.match("get", "/orders").kind, Kind::kMethodNotAllowed);
  EXPECT_EQ(router_.match("GET", "/coupons/1/issue").allow, "POST");
}

TEST_F(RouterTest, AnswersHeadByTheRouteOfGet) {
  EXPECT_EQ(router_.match("HEAD", "/orders/1").route, 2U);
  EXPECT_EQ(router_.match("HEAD", "/coupons/1/issue").kind, Kind::kMethodNotAllowed);
}

// A library router that recurses on slashes dies of this one.
TEST_F(RouterTest, SurvivesAMillionSlashesAndAMillionByteSegment) {
  EXPECT_EQ(router_.match("GET", std::string(1'000'000, '/')).kind, Kind::kNotFound);
  EXPECT_EQ(router_.match("GET", "/orders/" + std::string(1'000'000, 'x')).kind, Kind::kFound);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "/api";
  EXPECT_EQ(router_.match("GET", many).kind, Kind::kNotFound);
}

TEST(RouterDeathTest, AbortsOnTwoEqualPatterns) {
  constexpr std::array kTwice{RoutePattern{"GET", "/a/{x}"}, RoutePattern{"GET", "/a/{y}"}};
  EXPECT_DEATH(Router{kTwice}, "");
}

TEST(RouteTable, ListsAdminRoutesLastSoThatTheyCanBeCutOff) {
  bool admin = false;
  for (const auto& route : routes()) {
    EXPECT_TRUE(route.admin || !admin) << route.name;
    admin = admin || route.admin;
    EXPECT_TRUE(route.admin || !route.path.starts_with("/admin/")) << route.name;
    EXPECT_EQ(route.name, std::string(route.method) + " " + std::string(route.path));
    EXPECT_NE(route.handle, nullptr) << route.name;
  }
}

TEST(RouteTable, KeepsHealthAndMetricsOffTheWorkers) {
  for (const auto& route : routes()) {
    const bool operational = route.admin || route.path == "/healthz" || route.path == "/readyz" ||
                             route.path == "/metrics";
    EXPECT_EQ(route.lane != Lane::kWorker, operational) << route.name;
  }
}

}  // namespace
}  // namespace stampede::http
