// A route of the API: its pattern, where it runs, what it may answer, and the function that does
// it. The table of all routes is the one place that says what the API is; openapi.yaml describes it
// and a test holds the two together.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/api/http_server.hpp"
#include "core/api/operation.hpp"
#include "core/api/store.hpp"
#include "core/http/answer.hpp"
#include "core/http/router.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/telemetry/readings.hpp"

namespace stampede::http {

// What handlers work with. Everything outlives every call.
struct Services {
  pipeline::Pipeline& pipeline;
  Store& store;
  telemetry::Instruments& instruments;
};

// One request on its way through a handler. Views the request; lives on the worker's stack.
struct Call {
  const HttpRequest& request;
  const RouteMatch& match;
  Context& context;
  pipeline::RequestTag tag;
  const Services& services;
};

// Where a handler may run: at once on an I/O thread, since it never waits; beside the workers, so
// that it answers while they are all busy; or on a worker, after waiting for one.
enum class Lane : std::uint8_t { kInline, kBeside, kWorker };

struct Route {
  std::string_view method;
  std::string_view path;
  std::string_view name;  // "POST /orders", in metrics and logs.
  Lane lane = Lane::kWorker;
  bool admin = false;             // Exists only when the configuration says admin: true.
  std::span<const int> statuses;  // All that it answers, beside the front door's own.
  Answer (*handle)(const Call& call) = nullptr;
};

// The admin routes come last.
std::span<const Route> routes();

// The handlers, by theme: orders.cpp, coupons.cpp, users.cpp, products.cpp, operations.cpp,
// admin_data.cpp and admin_stats.cpp.
Answer place_order(const Call& call);
Answer get_order(const Call& call);
Answer list_orders(const Call& call);
Answer issue_coupon(const Call& call);
Answer list_user_coupons(const Call& call);
Answer get_balance(const Call& call);
Answer charge_balance(const Call& call);
Answer add_to_cart(const Call& call);
Answer get_cart(const Call& call);
Answer list_products(const Call& call);
Answer get_product(const Call& call);
Answer list_popular_products(const Call& call);
Answer answer_health(const Call& call);
Answer answer_readiness(const Call& call);
Answer answer_metrics(const Call& call);
Answer seed_store(const Call& call);
Answer dump_products(const Call& call);
Answer dump_wallets(const Call& call);
Answer dump_coupons(const Call& call);
Answer dump_orders(const Call& call);
Answer dump_user_coupons(const Call& call);
Answer dump_charges(const Call& call);
Answer dump_outbox(const Call& call);
Answer answer_stats(const Call& call);
Answer start_window(const Call& call);
Answer answer_quiet(const Call& call);

}  // namespace stampede::http
