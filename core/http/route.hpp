// A route of the API: its pattern, where it runs, what it may answer, and the function that does
// it. The table of all routes is the one place that says what the API is; openapi.yaml describes it
// and a test holds the two together.

#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "core/api/http_server.hpp"
#include "core/api/operation.hpp"
#include "core/api/store.hpp"
#include "core/http/answer.hpp"
#include "core/http/router.hpp"
#include "core/issue/issuing.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/ranking/follower.hpp"
#include "core/saga/area.hpp"
#include "core/stock/desk.hpp"
#include "core/telemetry/readings.hpp"

namespace stampede::http {

// The store of one area, where this process has it. A handler runs only where it has: to ask for
// one that another process has is a bug, and aborts.
class HostedStore {
 public:
  HostedStore(Store* store) : store_(store) {}  // NOLINT(google-explicit-constructor): as a Store&.

  operator Store&() const {  // NOLINT(google-explicit-constructor): as a Store&.
    if (store_ == nullptr) std::abort();
    return *store_;
  }
  Store* get() const { return store_; }  // Null where another process has it.

 private:
  Store* store_;
};

// Where each area of the platform keeps its state: one store for all of them in the monolith, one
// for each in the services topology.
struct Stores {
  Stores(Store& all)  // NOLINT(google-explicit-constructor): one store is all of them.
      : orders(&all), users(&all), products(&all), coupons(&all), user_coupons(&all) {}
  // By Area; null where another process has it.
  explicit Stores(const std::array<Store*, saga::kAreaCount>& stores)
      : orders(stores[0]),
        users(stores[1]),
        products(stores[2]),
        coupons(stores[3]),
        user_coupons(stores[4]) {}

  // Each store of this process once.
  std::vector<Store*> all() const {
    if (orders.get() != nullptr && orders.get() == users.get()) return {orders.get()};
    std::vector<Store*> hosted;
    for (const auto* store : {&orders, &users, &products, &coupons, &user_coupons}) {
      if (store->get() != nullptr) hosted.push_back(store->get());
    }
    return hosted;
  }

  const HostedStore& of(saga::Area area) const {
    const std::array all{&orders, &users, &products, &coupons, &user_coupons};
    return *all.at(saga::index_of(area));
  }

  saga::Areas hosted() const {
    saga::Areas areas;
    const std::array all{&orders, &users, &products, &coupons, &user_coupons};
    for (std::size_t i = 0; i < all.size(); ++i) areas.set(i, all.at(i)->get() != nullptr);
    return areas;
  }

  HostedStore orders;  // And carts.
  HostedStore users;
  HostedStore products;
  HostedStore coupons;
  HostedStore user_coupons;
};

// What handlers work with. Everything outlives every call.
struct Services {
  pipeline::Business& pipeline;
  Stores stores;
  telemetry::Instruments& instruments;
  issue::Issuing* issuing = nullptr;          // Null where coupons are not issued asynchronously,
  stock::Desk* deals = nullptr;               // this where no gate decides stock,
  ranking::Follower* best_sellers = nullptr;  // and this where the store ranks them.
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

// The handlers, by theme: orders.cpp, coupons.cpp, issuing.cpp, users.cpp, products.cpp, deals.cpp,
// operations.cpp, admin_data.cpp and admin_stats.cpp.
Answer place_order(const Call& call);
Answer get_order(const Call& call);
Answer list_orders(const Call& call);
Answer issue_coupon(const Call& call);
Answer request_coupon(const Call& call);
Answer get_coupon_request(const Call& call);
Answer list_user_coupons(const Call& call);
Answer get_balance(const Call& call);
Answer charge_balance(const Call& call);
Answer add_to_cart(const Call& call);
Answer get_cart(const Call& call);
Answer list_products(const Call& call);
Answer get_product(const Call& call);
Answer list_popular_products(const Call& call);
Answer list_deals(const Call& call);
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
Answer dump_outbox_of_service(const Call& call);
Answer dump_failed_issues(const Call& call);
Answer answer_stats(const Call& call);
Answer start_window(const Call& call);
Answer answer_quiet(const Call& call);
Answer start_deal(const Call& call);
Answer end_deal(const Call& call);

}  // namespace stampede::http
