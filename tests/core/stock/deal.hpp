// A hot deal to test on: the sale of the pipeline's tests, a gate behind its plugin, and a
// transport in the test's hands. Every product has a stock of 10; product n costs 99 + n.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/catalog.hpp"
#include "core/stock/hot_deals.hpp"
#include "tests/core/issue/held_transport.hpp"
#include "tests/core/pipeline/sale.hpp"

namespace stampede::stock::testing {

using pipeline::testing::is_accepted;
using pipeline::testing::is_refused;
using pipeline::testing::item;
using pipeline::testing::order_of;

inline constexpr ProductId kProduct{1};

struct DealOptions {
  Write write = Write::kSync;
  std::int64_t deals = 1;
  std::string gate_name = "memory";
  plugin::Settings gate_settings = {};
  bool synchronous = false;
  std::chrono::nanoseconds sweep_age{0};
  std::int64_t stock = 10;
  std::int64_t users = 10;
};

class Deal {
 public:
  explicit Deal(const DealOptions& options = {})
      : sale({}, "per_user", seed_of(options)),
        transport(options.synchronous),
        gate(make_gate(options)) {
    deals = std::make_unique<HotDeals>(HotDeals::Parts{
        .inner = sale.pipeline,
        .store = sale.store,
        .transport = transport,
        .gate = *gate,
        .clock = sale.clock,
        .ids = sale.ids,
        .log = *log,
        .options = {
            .write = options.write, .deals = options.deals, .sweep_age = options.sweep_age}});
    EXPECT_TRUE(deals->connect());
    const auto loaded = deals->reload(soon());
    EXPECT_TRUE(loaded) << loaded.error().message;
  }

  static Deadline soon() { return Clock::now() + std::chrono::seconds(30); }

  Result<pipeline::Reply<Order>> order(const pipeline::PlaceOrder& request) {
    Phases phases;
    Context context{soon(), phases};
    return deals->place_order(request, context);
  }
  Result<pipeline::Reply<Order>> order(std::int64_t user, std::int64_t quantity,
                                       const std::string& key = {}) {
    return order(order_of(user, {item(value_of(kProduct), quantity)}, key));
  }
  GateState state(ProductId product = kProduct) {
    return gate->state(resource_of(product), soon()).value();
  }
  std::vector<Result<Decision>> claim(const std::vector<Claim>& claims) {
    Phases phases;
    Context context{soon(), phases};
    return gate->claim(claims, context);
  }
  // As a server does that crashes before it places the order.
  void grant(std::int64_t user, std::int64_t quantity, const std::string& key) {
    const auto decided = claim({{resource_of(kProduct), UserId{user}, quantity, key}});
    ASSERT_TRUE(decided.front());
    ASSERT_EQ(*decided.front(), Decision::kGranted);
  }
  std::optional<Order> stored(const OrderId& id) { return *sale.view()->order(id); }

  pipeline::testing::Sale sale;
  issue::testing::HeldTransport transport;
  std::unique_ptr<Gate> gate;
  std::unique_ptr<telemetry::Log> log =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  std::unique_ptr<HotDeals> deals;

 private:
  static Seed seed_of(const DealOptions& options) {
    auto seed = pipeline::testing::small_seed();
    seed.stock = options.stock;
    seed.users = options.users;
    return seed;
  }
  static std::unique_ptr<Gate> make_gate(const DealOptions& options) {
    plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
    return std::move(catalog.create<Gate>(options.gate_name, options.gate_settings).value());
  }
};

}  // namespace stampede::stock::testing
