// A running server, put together from a configuration: store, lock strategy and pipeline, or
// services with one of each, a transport and what reaches the services in other processes; API,
// workers and front door. start() listens; the destructor stops.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/http_server.hpp"
#include "core/api/lock_strategy.hpp"
#include "core/api/ranking.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/calls/desk.hpp"
#include "core/calls/peers.hpp"
#include "core/calls/remote.hpp"
#include "core/http/api.hpp"
#include "core/issue/issuing.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/simulated_payments.hpp"
#include "core/pipeline/system_sources.hpp"
#include "core/plugin/catalog.hpp"
#include "core/ranking/follower.hpp"
#include "core/saga/services.hpp"
#include "core/server/config.hpp"
#include "core/server/dispatcher.hpp"
#include "core/server/service_listener.hpp"
#include "core/server/service_stores.hpp"
#include "core/stock/hot_deals.hpp"
#include "core/telemetry/log.hpp"
#include "core/telemetry/readings.hpp"
#include "core/telemetry/request_recorder.hpp"

namespace stampede::server {

class Application final : private telemetry::Instruments {
 public:
  // What a server is made of that is chosen by name.
  struct Plugins {
    std::unique_ptr<Store> store;  // Of the monolith, as the lock is.
    std::unique_ptr<LockStrategy> lock;
    ServiceBackings services;                   // Of the services topology.
    std::unique_ptr<Transport> transport;       // Where the configuration has one,
    std::unique_ptr<Gate> gate;                 // likewise,
    std::unique_ptr<Gate> stock_gate;           // likewise,
    std::unique_ptr<Ranking> ranking;           // and likewise.
    std::unique_ptr<HttpServer> service_front;  // Where other processes reach the services,
    std::unique_ptr<HttpServer> front_door;     // and where customers do.
  };
  // Constructs the configured ones.
  static Result<Plugins> make_plugins(const ServerConfig& config, plugin::Catalog& catalog);

  // `log` outlives the application. kUnavailable when it cannot listen.
  static Result<std::unique_ptr<Application>> start(const ServerConfig& config, Plugins plugins,
                                                    telemetry::Log& log);
  ~Application() override;

  std::uint16_t port() const { return front_door_->port(); }
  // Where other processes reach the services; "" when they do not.
  std::string service_url() const { return service_listener_ ? service_listener_->url() : ""; }

  // Stops listening and gives requests in flight until the drain timeout to be answered. False when
  // some were not: their threads may be stuck, and destroying the application would wait for them.
  bool drain();

 private:
  Application(const ServerConfig& config, Plugins plugins, telemetry::Log& log);

  telemetry::Load load() const override;
  telemetry::Readings read(Span span) const override;
  void start_window() override;
  Result<telemetry::Backlog> backlog(Deadline deadline) const override;
  std::vector<telemetry::MissingService> missing(Deadline deadline) const override;

  Result<void> start_services(const ServerConfig& config);
  pipeline::Business& business();
  http::Stores stores();
  std::unique_ptr<issue::Issuing> make_issuing(const ServerConfig& config, telemetry::Log& log);
  std::unique_ptr<stock::HotDeals> make_hot_deals(const ServerConfig& config, telemetry::Log& log);
  std::unique_ptr<ranking::Follower> make_best_sellers(const ServerConfig& config,
                                                       telemetry::Log& log);
  Result<void> start_events();
  saga::Services::Parts saga_parts(const ServerConfig& config, telemetry::Log& log);
  StoreStats store_stats() const;

  const std::chrono::milliseconds drain_timeout_;
  const Topology topology_;
  const std::unique_ptr<Store> store_;
  const std::unique_ptr<LockStrategy> lock_;
  const ServiceBackings backings_;
  const std::unique_ptr<Transport> transport_;
  const std::unique_ptr<Gate> gate_;
  const std::unique_ptr<Gate> stock_gate_;
  const std::unique_ptr<Ranking> ranking_;
  pipeline::SystemClock clock_;
  pipeline::UuidGenerator ids_{clock_};
  pipeline::SimulatedPayments payments_;
  const std::unique_ptr<calls::Peers> peers_;           // Where services are hosted elsewhere,
  const std::unique_ptr<calls::Remote> remote_;         // and likewise.
  const saga::Areas needed_;                            // Of those: who must answer us.
  const std::unique_ptr<pipeline::Pipeline> pipeline_;  // Of the monolith,
  const std::unique_ptr<saga::Services> services_;      // and of the services topology.
  const std::unique_ptr<stock::HotDeals> hot_deals_;    // Of the monolith that has a gate of stock.
  const std::unique_ptr<issue::Issuing> issuing_;       // Of the monolith; it stops the transport.
  // Where there is a ranking.
  const std::unique_ptr<ranking::Follower> best_sellers_;
  std::unique_ptr<calls::Desk> desk_;  // Of the services topology.
  std::unique_ptr<HttpServer> service_front_;
  std::unique_ptr<ServiceListener> service_listener_;
  telemetry::RequestRecorder recorder_;
  http::Api api_;
  Dispatcher dispatcher_;
  const std::unique_ptr<HttpServer> front_door_;  // Last: it calls the dispatcher.
};

}  // namespace stampede::server
