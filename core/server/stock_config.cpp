#include "core/server/stock_config.hpp"

#include <string>
#include <utility>

#include "core/config/text.hpp"
#include "core/server/schema.hpp"

namespace stampede::server {

using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t kMostDeals = 1'000;
constexpr std::chrono::seconds kSweepMargin{5};

void add_fault(const config::Tree& tree, const std::string& key, std::string message,
               config::Faults& faults) {
  const auto* written = tree.at(key);
  faults.push_back(
      {written == nullptr ? config::Origin{} : written->origin, key, std::move(message)});
}

// How long a request may be at work after it was granted. What it waits for in the store, and for
// locks, ends by its deadline; a payment is waited for however long it takes.
std::chrono::nanoseconds longest_request(const ServerConfig& config) {
  if (config.orders.payment == pipeline::PaymentPlacement::kNone) return config.lock_timeout;
  return config.lock_timeout + config.payments.latency + config.payments.jitter;
}

}  // namespace

void read_stock(config::MapReader map, stock::Options& options) {
  options.deals = map.integer("deals", options.deals, 0, kMostDeals);
  auto sweep = map.map("sweep");
  options.sweep_interval =
      sweep.duration("interval", options.sweep_interval, milliseconds(1), hours(1));
  options.sweep_age = sweep.duration("age", options.sweep_age, milliseconds(0), hours(48));
  sweep.finish();
  map.child("gate");
  map.finish();
}

// A grant that is given back while its order may still be placed is one that the gate has too many.
void check_sweep(const config::Tree& tree, ServerConfig& config, config::Faults& faults) {
  if (config.stock_gate.use == kNoGate) return;
  const auto longest = longest_request(config);
  auto& age = config.stock.sweep_age;
  if (age > longest) return;
  const auto* const written = tree.at("stock.sweep.age");
  if (written == nullptr) {
    age = longest + kSweepMargin;
    return;
  }
  // What could not be read was refused already.
  if (config::parse_duration(written->scalar) != age) return;
  const auto* const by = config.orders.payment == pipeline::PaymentPlacement::kNone
                             ? "lock.timeout"
                             : "lock.timeout, orders.payment.latency and orders.payment.jitter";
  add_fault(tree, "stock.sweep.age",
            "expected more than " + config::format_duration(longest) +
                ", which a request may take by " + by + ", got " + config::format_duration(age),
            faults);
}

void check_stock(const config::Tree& tree, const ServerConfig& config, config::Faults& faults) {
  const bool has_gate = config.stock_gate.use != kNoGate;
  if (config.stock.deals > 0 && !has_gate) {
    add_fault(tree, "stock.deals", "expected 0 without a gate; choose one by stock.gate.use",
              faults);
  }
  if (config.stock.write == stock::Write::kSync) return;
  if (config.topology == Topology::kServices) {
    add_fault(tree, "orders.write",
              "expected sync with topology: services, whose transport decides when an order is "
              "answered",
              faults);
  } else if (!has_gate) {
    add_fault(tree, "orders.write",
              "expected sync without a gate: only what a gate has granted is accepted before it is "
              "placed; choose one by stock.gate.use",
              faults);
  }
  if (config.orders.payment != pipeline::PaymentPlacement::kNone) {
    add_fault(tree, "orders.payment.placement",
              "expected none with orders.write: queued, where no client waits for the payment",
              faults);
  }
}

void check_stock_gate(const config::Tree& tree, const ServerConfig& config, const Gate* gate,
                      config::Faults& faults) {
  if (gate == nullptr || gate->exact()) return;
  add_fault(tree, "stock.gate.use",
            "gate " + config.stock_gate.use +
                " can lose what it has granted; expected one that is exact: memory or redis_lua",
            faults);
}

}  // namespace stampede::server
