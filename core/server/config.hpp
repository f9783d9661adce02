// The configuration of one server, as values. Everything in it has been checked: what a plugin is
// given it takes, and the lock strategy runs on the store.
//
//   topology: monolith | services
//   server: {address, port, workers, queue, io_threads, request_timeout, keep_alive_timeout,
//            drain_timeout, max_connections, max_body}
//   http: {use, dialect, ...}        the front door and its options
//   store: {use, ...}                the store and its options, dotted or nested
//   lock: {use, timeout, ...}        the lock strategy and its options
//   services: all | [order, ...]     which of them this process hosts
//   service_listener: {address, port}   where other processes reach them
//   peers: [http://host:port, ...]   where the other processes' listeners are
//   transport: {use, key, ...}      how events travel between services, and its options
//   coupon: {gate: {use, ...}, gate_at, sweep: {interval, age}}
//   stock: {gate: {use, ...}, deals, sweep: {interval, age}}
//   ranking: {use, every, ...}       who ranks the best sellers, and its options
//   saga: {timeout, sweep, compensation, relay: {batch, poll, lease}}
//   chaos: {duplicate, reorder, handler_delay}   deliveries made as bad as they may be
//   orders: {write, payment: {placement, latency, jitter, failure_rate}, read_write_pause}
//   log: {level, requests, sample, file}
//   plugins: [directory, ...]        searched before the built-in places
//   admin: false                     whether /admin/* exists
//   seed: 1                          of everything random
//
// The library links no server, so that a bench can check a configuration without starting one.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/api/http_server.hpp"
#include "core/api/store.hpp"
#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "core/issue/options.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/simulated_payments.hpp"
#include "core/plugin/catalog.hpp"
#include "core/plugin/options.hpp"
#include "core/saga/area.hpp"
#include "core/saga/options.hpp"
#include "core/server/chaos.hpp"
#include "core/server/secrets.hpp"
#include "core/stock/options.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::server {

struct PluginChoice {
  std::string use;
  plugin::Settings settings;  // Only what was given; the plugin has defaults for the rest.
};

// One transaction for an order, or five services, each with a store of its own, and a saga.
enum class Topology : std::uint8_t { kMonolith, kServices };

// Where other processes reach the services of this one.
struct ServiceListenerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one.
};

struct ServerConfig {
  Topology topology = Topology::kMonolith;
  saga::Areas services = saga::Areas().set();  // Hosted by this process.
  ServiceListenerOptions service_listener;
  std::vector<std::string> peers;  // "http://host:port", without a slash at the end.
  HttpServerOptions http;
  std::size_t workers = 16;
  std::size_t queue = 1'024;  // Requests that may wait for a worker; further ones get a 503.
  PluginChoice frontend{.use = "pistache", .settings = {}};
  PluginChoice store{.use = "sqlite", .settings = {}};
  PluginChoice lock{.use = "per_user", .settings = {}};
  PluginChoice transport{.use = "inline", .settings = {}};
  PluginChoice gate{.use = "store", .settings = {}};  // "store": there is none.
  issue::Options issuing;
  ChaosOptions chaos;
  PluginChoice stock_gate{.use = "store", .settings = {}};  // Likewise.
  stock::Options stock;
  PluginChoice ranking{.use = "store", .settings = {}};  // Likewise.
  std::chrono::nanoseconds ranking_every{std::chrono::milliseconds(100)};
  saga::SagaOptions saga;
  std::chrono::nanoseconds lock_timeout{std::chrono::seconds(5)};  // From receipt to deadline.
  pipeline::Options orders;
  pipeline::SimulatedPaymentsOptions payments;
  telemetry::LogOptions log;
  std::vector<std::filesystem::path> plugins;
  bool admin = false;
  std::uint64_t seed = 1;
};

// A checked configuration: what the server runs with, and how it reads when it is printed.
struct ParsedConfig {
  ServerConfig config;
  config::Tree printable;  // With every default and without secrets; reads back as the same.
  Secrets secrets;         // What must not be shown to anyone.
  Sharing sharing = Sharing::kProcess;             // Of the store,
  Sharing gate_sharing = Sharing::kNetwork;        // of the gate of coupons,
  Sharing stock_gate_sharing = Sharing::kNetwork;  // and of that of stock.
  std::string misfit;  // With Misfit::kTell: why the lock does not run on the store.
};

// What becomes of a lock strategy that does not run on the store.
enum class Misfit : std::uint8_t {
  kFault,  // The configuration is wrong.
  kTell,   // It is not applicable: said in ParsedConfig::misfit, for who compares many of them.
};

// Checks a configuration tree. Nothing when there is a fault; `faults` then has all of them, in
// terms of where each value was written, and without secrets. `base` is the directory that
// relative entries of `plugins:` start from. Starts nothing; a store that keeps files is opened in
// a scratch directory for a moment, to ask whether the lock strategy runs on it.
std::optional<ParsedConfig> parse_config(const config::Tree& tree, config::Faults& faults,
                                         const std::filesystem::path& base = {},
                                         Misfit misfit = Misfit::kFault);

// Where the plugins of a configuration come from.
plugin::Catalog catalog_of(const ServerConfig& config);

}  // namespace stampede::server
