#include <array>

#include "core/http/route.hpp"

namespace stampede::http {

namespace {

// 400: not valid; 503: the platform cannot now; 500 and 504: it failed, or does not know.
constexpr std::array kOrdering{201, 202, 400, 402, 404, 409, 415, 422, 500, 503, 504};
constexpr std::array kIssuing{201, 400, 404, 409, 422, 500, 503, 504};
constexpr std::array kRequesting{202, 400, 404, 409, 500, 503, 504};
constexpr std::array kCharging{200, 400, 404, 409, 415, 422, 500, 503, 504};
constexpr std::array kCartAdding{201, 400, 404, 409, 415, 422, 500, 503, 504};
constexpr std::array kReadingOne{200, 400, 404, 500, 503};
constexpr std::array kReadingMany{200, 400, 500, 503};
constexpr std::array kHealth{200, 500};
constexpr std::array kAsking{200, 500, 503};
constexpr std::array kDealing{200, 400, 404, 409, 500, 503, 504};
constexpr std::array kSeeding{201, 400, 415, 500, 503};

constexpr auto kWorker = Lane::kWorker;
constexpr auto kBeside = Lane::kBeside;

constexpr auto kRoutes = std::to_array<Route>({
    {"POST", "/orders", "POST /orders", kWorker, false, kOrdering, place_order},
    {"GET", "/orders", "GET /orders", kWorker, false, kReadingMany, list_orders},
    {"GET", "/orders/{id}", "GET /orders/{id}", kWorker, false, kReadingOne, get_order},
    {"POST", "/coupons/{userId}/issue", "POST /coupons/{userId}/issue", kWorker, false, kIssuing,
     issue_coupon},
    {"POST", "/coupons/{userId}/issue-async", "POST /coupons/{userId}/issue-async", kWorker, false,
     kRequesting, request_coupon},
    {"GET", "/coupons/requests/{requestId}", "GET /coupons/requests/{requestId}", kWorker, false,
     kReadingOne, get_coupon_request},
    {"GET", "/users/{id}/coupons", "GET /users/{id}/coupons", kWorker, false, kReadingOne,
     list_user_coupons},
    {"GET", "/users/{id}/balance", "GET /users/{id}/balance", kWorker, false, kReadingOne,
     get_balance},
    {"POST", "/balance/charge", "POST /balance/charge", kWorker, false, kCharging, charge_balance},
    {"GET", "/products", "GET /products", kWorker, false, kReadingMany, list_products},
    {"GET", "/products/popular", "GET /products/popular", kWorker, false, kReadingMany,
     list_popular_products},
    {"GET", "/products/deals", "GET /products/deals", kWorker, false, kReadingMany, list_deals},
    {"GET", "/products/{id}", "GET /products/{id}", kWorker, false, kReadingOne, get_product},
    {"POST", "/carts/{userId}/items", "POST /carts/{userId}/items", kWorker, false, kCartAdding,
     add_to_cart},
    {"GET", "/carts/{userId}", "GET /carts/{userId}", kWorker, false, kReadingOne, get_cart},
    {"GET", "/healthz", "GET /healthz", Lane::kInline, false, kHealth, answer_health},
    {"GET", "/readyz", "GET /readyz", kBeside, false, kAsking, answer_readiness},
    {"GET", "/metrics", "GET /metrics", kBeside, false, kAsking, answer_metrics},
    {"POST", "/admin/seed", "POST /admin/seed", kBeside, true, kSeeding, seed_store},
    {"GET", "/admin/products", "GET /admin/products", kBeside, true, kReadingMany, dump_products},
    {"GET", "/admin/wallets", "GET /admin/wallets", kBeside, true, kReadingMany, dump_wallets},
    {"GET", "/admin/coupons", "GET /admin/coupons", kBeside, true, kReadingMany, dump_coupons},
    {"GET", "/admin/orders", "GET /admin/orders", kBeside, true, kReadingMany, dump_orders},
    {"GET", "/admin/user-coupons", "GET /admin/user-coupons", kBeside, true, kReadingMany,
     dump_user_coupons},
    {"GET", "/admin/charges", "GET /admin/charges", kBeside, true, kReadingMany, dump_charges},
    {"GET", "/admin/outbox", "GET /admin/outbox", kBeside, true, kReadingMany, dump_outbox},
    {"GET", "/admin/outbox/{service}", "GET /admin/outbox/{service}", kBeside, true, kReadingMany,
     dump_outbox_of_service},
    {"GET", "/admin/failed-issues", "GET /admin/failed-issues", kBeside, true, kReadingMany,
     dump_failed_issues},
    {"GET", "/admin/stats", "GET /admin/stats", kBeside, true, kAsking, answer_stats},
    {"POST", "/admin/window", "POST /admin/window", kBeside, true, kAsking, start_window},
    {"GET", "/admin/quiet", "GET /admin/quiet", kBeside, true, kAsking, answer_quiet},
    {"POST", "/products/{id}/hotdeal/start", "POST /products/{id}/hotdeal/start", kBeside, true,
     kDealing, start_deal},
    {"POST", "/products/{id}/hotdeal/end", "POST /products/{id}/hotdeal/end", kBeside, true,
     kDealing, end_deal},
});

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace stampede::http
