#include "core/server/config.hpp"

#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "core/config/dotted.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"
#include "core/plugin/search_path.hpp"
#include "core/server/issuing_config.hpp"
#include "core/server/layers.hpp"
#include "core/server/pairing.hpp"
#include "core/server/plugin_reader.hpp"
#include "core/server/printable.hpp"
#include "core/server/ranking_config.hpp"
#include "core/server/saga_config.hpp"
#include "core/server/schema.hpp"
#include "core/server/services_config.hpp"
#include "core/server/stock_config.hpp"

namespace stampede::server {

namespace {

using config::MapReader;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;

milliseconds read_milliseconds(MapReader& map, std::string_view key, milliseconds fallback,
                               nanoseconds lowest = milliseconds(1)) {
  return std::chrono::ceil<milliseconds>(map.duration(key, fallback, lowest, hours(24)));
}

void read_server(MapReader map, ServerConfig& config) {
  auto& http = config.http;
  http.address = map.text("address", http.address);
  http.port = static_cast<std::uint16_t>(map.integer("port", kDefaultPort, 0, 65'535));
  config.workers = static_cast<std::size_t>(
      map.integer("workers", static_cast<std::int64_t>(config.workers), 1, 4'096));
  config.queue = static_cast<std::size_t>(
      map.integer("queue", static_cast<std::int64_t>(config.queue), 1, 1'000'000));
  http.io_threads = static_cast<unsigned>(map.integer("io_threads", http.io_threads, 1, 64));
  http.request_timeout = read_milliseconds(map, "request_timeout", http.request_timeout);
  http.keep_alive_timeout = read_milliseconds(map, "keep_alive_timeout", http.keep_alive_timeout);
  http.drain_timeout = read_milliseconds(map, "drain_timeout", http.drain_timeout, nanoseconds(0));
  http.max_connections = static_cast<std::size_t>(map.integer(
      "max_connections", static_cast<std::int64_t>(http.max_connections), 1, 1'000'000));
  http.max_body_bytes = static_cast<std::size_t>(map.integer(
      "max_body", static_cast<std::int64_t>(http.max_body_bytes), 1, std::int64_t{64} << 20U));
  map.finish();
}

void read_orders(MapReader map, ServerConfig& config) {
  config.stock.write = map.choice<stock::Write>("write", config.stock.write, kWrites);
  auto payment = map.map("payment");
  config.orders.payment =
      payment.choice<pipeline::PaymentPlacement>("placement", config.orders.payment, kPlacements);
  config.payments.latency = payment.duration("latency", nanoseconds(0), nanoseconds(0), hours(1));
  config.payments.jitter = payment.duration("jitter", nanoseconds(0), nanoseconds(0), hours(1));
  config.payments.failure_rate = payment.real("failure_rate", 0, 0, 1);
  payment.finish();
  config.orders.read_write_pause =
      map.duration("read_write_pause", nanoseconds(0), nanoseconds(0), minutes(1));
  map.finish();
}

void read_chaos(MapReader map, ChaosOptions& chaos) {
  chaos.duplicate = map.real("duplicate", chaos.duplicate, 0, 1);
  chaos.reorder = map.real("reorder", chaos.reorder, 0, 1);
  chaos.handler_delay =
      map.duration("handler_delay", chaos.handler_delay, nanoseconds(0), minutes(1));
  map.finish();
}

void read_log(MapReader map, telemetry::LogOptions& log) {
  log.level = map.choice<telemetry::LogLevel>("level", log.level, kLogLevels);
  log.requests = map.choice<telemetry::RequestLogging>("requests", log.requests, kRequestLogging);
  log.sample = map.real("sample", log.sample, 0, 1);
  log.file = map.text("file", log.file);
  map.finish();
}

void read_plugins(MapReader& root, const std::filesystem::path& base, ServerConfig& config) {
  for (const auto& entry : root.texts("plugins")) {
    const std::filesystem::path path(entry);
    config.plugins.push_back(path.is_relative() && !base.empty() ? base / path : path);
  }
}

// Everything but the plugins' options.
ServerConfig read_config(const config::Tree& tree, const std::filesystem::path& base,
                         config::Faults& faults) {
  ServerConfig config;
  MapReader root(&tree, "", faults);
  config.topology = root.choice<Topology>("topology", config.topology, kTopologies);
  read_services(root, config);
  read_server(root.map("server"), config);
  read_saga(root.map("saga"), config.saga);
  read_issuing(root.map("coupon"), config.issuing);
  read_chaos(root.map("chaos"), config.chaos);
  read_stock(root.map("stock"), config.stock);
  read_orders(root.map("orders"), config);
  read_log(root.map("log"), config.log);
  read_plugins(root, base, config);
  config.admin = root.boolean("admin", config.admin);
  config.seed = static_cast<std::uint64_t>(root.integer("seed", 1, 0));
  config.payments.seed = config.seed;
  for (const auto* key : {"http", "store", "lock", "transport", "ranking"}) root.child(key);
  root.finish();
  return config;
}

void read_lock_timeout(MapReader& lock, ServerConfig& config) {
  config.lock_timeout = lock.duration("timeout", config.lock_timeout, milliseconds(1), hours(24));
}

}  // namespace

plugin::Catalog catalog_of(const ServerConfig& config) {
  return plugin::Catalog(plugin::search_path(config.plugins));
}

std::optional<ParsedConfig> parse_config(const config::Tree& tree, config::Faults& faults,
                                         const std::filesystem::path& base, Misfit misfit) {
  ParsedConfig parsed;
  config::Faults found;
  const auto spelled_out = config::nested(tree, "", found);
  const auto resolved = resolve_secrets(spelled_out, parsed.secrets, found);
  auto& config = parsed.config = read_config(resolved, base, found);
  auto catalog = catalog_of(config);
  PluginReader reader(catalog, resolved, found);
  reader.read(plugin::Kind::kFrontend, "http", config.frontend, [](MapReader& http) {
    http.choice<std::string_view>("dialect", kDialects.front().first, kDialects);
  });
  reader.read(plugin::Kind::kStore, "store", config.store, [](MapReader&) {});
  reader.read(plugin::Kind::kLock, "lock", config.lock,
              [&](MapReader& lock) { read_lock_timeout(lock, config); });
  reader.read(plugin::Kind::kTransport, "transport", config.transport, [&](MapReader& map) {
    config.saga.key = map.choice<saga::EventKey>("key", config.saga.key, kEventKeys);
  });
  config.issuing.key =
      config.saga.key == saga::EventKey::kUser ? issue::EventKey::kUser : issue::EventKey::kCoupon;
  config.stock.key = config.saga.key;
  give_peers(catalog, config);
  read_gate(reader, resolved, kCouponGate, config.topology, config.gate, found);
  read_gate(reader, resolved, kStockGate, config.topology, config.stock_gate, found);
  read_ranking(reader, resolved, config, found);
  check_topology(resolved, config, found);
  check_stock(resolved, config, found);
  check_sweep(resolved, config, found);
  check_services(resolved, config, found);
  if (found.empty()) {
    check_reach(catalog, resolved, config, found);
    auto pairing = check_pairing(catalog, config, resolved, found);
    if (misfit == Misfit::kFault && !pairing.misfit.empty()) {
      const auto* written = resolved.at("lock.use");
      found.push_back(
          {written == nullptr ? config::Origin{} : written->origin, "lock.use", pairing.misfit});
    }
    parsed.sharing = pairing.sharing;
    if (const auto gate = make_gate(catalog, kCouponGate, config.gate, resolved, found)) {
      parsed.gate_sharing = gate->sharing();
    }
    if (const auto gate = make_gate(catalog, kStockGate, config.stock_gate, resolved, found)) {
      parsed.stock_gate_sharing = gate->sharing();
      check_stock_gate(resolved, config, gate.get(), found);
    }
    parsed.misfit = std::move(pairing.misfit);
  }
  if (found.empty()) {
    parsed.printable = printable(config, catalog, spelled_out);
    return parsed;
  }
  for (auto& fault : found) {
    fault.message = parsed.secrets.redact(std::move(fault.message));
    faults.push_back(std::move(fault));
  }
  return std::nullopt;
}

}  // namespace stampede::server
