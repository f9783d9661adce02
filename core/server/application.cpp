#include "core/server/application.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "core/server/chaos.hpp"
#include "core/server/schema.hpp"

namespace stampede::server {

namespace {

// Whether other processes, or the transport itself, call the services of this one.
bool is_reached(const ServerConfig& config, Transport& transport) {
  if (transport.door() != nullptr) return true;
  const bool has_others = !config.services.all() || !config.peers.empty();
  return config.topology == Topology::kServices &&
         (has_others || config.service_listener.port != 0);
}

// Processes of one configuration must not make up the same correlation ids: their logs are read
// together.
std::uint64_t seed_here(const ServerConfig& config) {
  return config.seed ^ (static_cast<std::uint64_t>(::getpid()) << 32U);
}

// Whom the hosted services ask; with a door, also who hears what they tell.
saga::Areas needed_by(const ServerConfig& config, Transport& transport) {
  using saga::Area;
  saga::Areas needed;
  if (config.services.all()) return needed;
  const auto hosts = [&](Area area) { return config.services.test(saga::index_of(area)); };
  if (hosts(Area::kOrder)) {
    needed.set(saga::index_of(Area::kProduct)).set(saga::index_of(Area::kCoupon));
  }
  if (hosts(Area::kCoupon)) needed.set(saga::index_of(Area::kOrder));
  if (transport.door() != nullptr) needed.set();
  return needed & ~config.services;
}

}  // namespace

Result<Application::Plugins> Application::make_plugins(const ServerConfig& config,
                                                       plugin::Catalog& catalog) {
  Plugins plugins;
  if (config.topology == Topology::kServices) {
    auto backings = make_service_backings(config, catalog);
    if (!backings) return Unexpected(backings.error());
    plugins.services = *std::move(backings);
  } else {
    auto store = catalog.create<Store>(config.store.use, config.store.settings);
    if (!store) return Unexpected(store.error());
    plugins.store = *std::move(store);
    auto lock = catalog.create<LockStrategy>(config.lock.use, config.lock.settings);
    if (!lock) return Unexpected(lock.error());
    plugins.lock = *std::move(lock);
  }
  auto transport = catalog.create<Transport>(config.transport.use, config.transport.settings);
  if (!transport) return Unexpected(transport.error());
  plugins.transport = *std::move(transport);
  if (config.chaos.any()) {
    plugins.transport =
        std::make_unique<ChaosTransport>(std::move(plugins.transport), config.chaos, config.seed);
  }
  if (is_reached(config, *plugins.transport)) {
    auto front = catalog.create<HttpServer>(config.frontend.use, config.frontend.settings);
    if (!front) return Unexpected(front.error());
    plugins.service_front = *std::move(front);
  }
  if (config.gate.use != kNoGate) {
    auto gate = catalog.create<Gate>(config.gate.use, config.gate.settings);
    if (!gate) return Unexpected(gate.error());
    plugins.gate = *std::move(gate);
  }
  if (config.stock_gate.use != kNoGate) {
    auto gate = catalog.create<Gate>(config.stock_gate.use, config.stock_gate.settings);
    if (!gate) return Unexpected(gate.error());
    plugins.stock_gate = *std::move(gate);
  }
  if (config.ranking.use != kNoGate) {
    auto ranking = catalog.create<Ranking>(config.ranking.use, config.ranking.settings);
    if (!ranking) return Unexpected(ranking.error());
    plugins.ranking = *std::move(ranking);
  }
  auto front_door = catalog.create<HttpServer>(config.frontend.use, config.frontend.settings);
  if (!front_door) return Unexpected(front_door.error());
  plugins.front_door = *std::move(front_door);
  return plugins;
}

Result<std::unique_ptr<Application>> Application::start(const ServerConfig& config, Plugins plugins,
                                                        telemetry::Log& log) {
  const auto hosted = std::ranges::find_if(
      plugins.services, [](const ServiceBacking& backing) { return backing.store != nullptr; });
  const auto& lock = plugins.store ? plugins.lock : hosted->lock;
  if (!lock->runs_on(plugins.store ? *plugins.store : *hosted->store)) {
    return fail(ErrorCode::kInvalid,
                "lock " + config.lock.use + " does not run on store " + config.store.use);
  }
  if (config.chaos.any()) {
    log.event(telemetry::LogLevel::kWarn, "chaos",
              {{"message", "events are delivered twice, reordered or late on purpose"}});
  }
  std::unique_ptr<Application> application(new Application(config, std::move(plugins), log));
  if (application->services_) {
    if (auto started = application->start_services(config); !started) {
      return Unexpected(started.error());
    }
  }
  if (auto started = application->start_events(); !started) return Unexpected(started.error());
  auto& dispatcher = application->dispatcher_;
  const auto listening = application->front_door_->start(
      config.http, [&dispatcher](const HttpRequest& request, Responder responder) {
        dispatcher.handle(request, std::move(responder));
      });
  if (!listening) return Unexpected(listening.error());
  return application;
}

Application::Application(const ServerConfig& config, Plugins plugins, telemetry::Log& log)
    : drain_timeout_(config.http.drain_timeout),
      topology_(config.topology),
      store_(std::move(plugins.store)),
      lock_(std::move(plugins.lock)),
      backings_(std::move(plugins.services)),
      transport_(std::move(plugins.transport)),
      gate_(std::move(plugins.gate)),
      stock_gate_(std::move(plugins.stock_gate)),
      ranking_(std::move(plugins.ranking)),
      payments_(config.payments),
      peers_(config.services.all() ? nullptr : std::make_unique<calls::Peers>(config.peers)),
      remote_(peers_ ? std::make_unique<calls::Remote>(*peers_) : nullptr),
      needed_(needed_by(config, *transport_)),
      pipeline_(topology_ == Topology::kMonolith
                    ? std::make_unique<pipeline::Pipeline>(*store_, *lock_, payments_, clock_, ids_,
                                                           config.orders)
                    : nullptr),
      services_(topology_ == Topology::kServices
                    ? std::make_unique<saga::Services>(saga_parts(config, log))
                    : nullptr),
      hot_deals_(make_hot_deals(config, log)),
      issuing_(make_issuing(config, log)),
      best_sellers_(make_best_sellers(config, log)),
      desk_(services_ ? std::make_unique<calls::Desk>(services_->desks(), config.services, log)
                      : nullptr),
      service_front_(std::move(plugins.service_front)),
      recorder_(http::request_names()),
      api_({.pipeline = business(),
            .stores = stores(),
            .instruments = *this,
            .issuing = issuing_.get(),
            .deals = hot_deals_.get(),
            .best_sellers = best_sellers_.get()},
           {.admin = config.admin, .seed = seed_here(config)}),
      dispatcher_(
          api_, recorder_, log,
          {.workers = config.workers, .queue = config.queue, .timeout = config.lock_timeout}),
      front_door_(std::move(plugins.front_door)) {}

// The front door goes first; the workers then finish what they have, and their answers go nowhere.
Application::~Application() {
  front_door_->stop();
  if (hot_deals_) hot_deals_->stop();
}

bool Application::drain() {
  const auto deadline = std::chrono::steady_clock::now() + drain_timeout_;
  front_door_->stop();
  return dispatcher_.wait_until_quiet(deadline);
}

// The listener comes first, because the transport tells others where it is.
Result<void> Application::start_services(const ServerConfig& config) {
  if (service_front_) {
    // A saga holds two threads at a time, and the workers begin so many of them.
    constexpr std::size_t kBeside = 8;
    auto listener = ServiceListener::start(std::move(service_front_), {*desk_, transport_->door()},
                                           {.address = config.service_listener.address,
                                            .port = config.service_listener.port,
                                            .threads = 2 * config.workers + kBeside});
    if (!listener) return Unexpected(listener.error());
    service_listener_ = *std::move(listener);
  }
  if (auto started = services_->start(); !started) return started;
  if (service_listener_) service_listener_->open();
  return {};
}

// Whoever subscribes does it before the transport starts, which coupon issue sees to.
Result<void> Application::start_events() {
  if (hot_deals_) {
    if (auto connected = hot_deals_->connect(); !connected) return connected;
  }
  if (issuing_) {
    if (auto started = issuing_->start(); !started) return started;
  }
  if (best_sellers_) best_sellers_->start();
  return hot_deals_ ? hot_deals_->start() : Result<void>();
}

pipeline::Business& Application::business() {
  if (services_) return *services_;
  if (hot_deals_) return *hot_deals_;
  return *pipeline_;
}

http::Stores Application::stores() {
  if (store_) return http::Stores(*store_);
  std::array<Store*, saga::kAreaCount> stores{};
  for (std::size_t i = 0; i < stores.size(); ++i) stores.at(i) = backings_.at(i).store.get();
  return http::Stores(stores);
}

std::unique_ptr<issue::Issuing> Application::make_issuing(const ServerConfig& config,
                                                          telemetry::Log& log) {
  if (!pipeline_ || !transport_) return nullptr;
  return std::make_unique<issue::Issuing>(issue::Issuing::Parts{.pipeline = *pipeline_,
                                                                .store = *store_,
                                                                .transport = *transport_,
                                                                .gate = gate_.get(),
                                                                .clock = clock_,
                                                                .ids = ids_,
                                                                .log = log,
                                                                .options = config.issuing});
}

std::unique_ptr<stock::HotDeals> Application::make_hot_deals(const ServerConfig& config,
                                                             telemetry::Log& log) {
  if (!pipeline_ || !transport_ || !stock_gate_) return nullptr;
  return std::make_unique<stock::HotDeals>(stock::HotDeals::Parts{.inner = *pipeline_,
                                                                  .store = *store_,
                                                                  .transport = *transport_,
                                                                  .gate = *stock_gate_,
                                                                  .clock = clock_,
                                                                  .ids = ids_,
                                                                  .log = log,
                                                                  .options = config.stock});
}

std::unique_ptr<ranking::Follower> Application::make_best_sellers(const ServerConfig& config,
                                                                  telemetry::Log& log) {
  if (!ranking_ || stores().orders.get() == nullptr) return nullptr;  // Orders are elsewhere.
  return std::make_unique<ranking::Follower>(
      ranking::Follower::Parts{.store = stores().orders,
                               .ranking = *ranking_,
                               .log = log,
                               .interval = config.ranking_every});
}

saga::Services::Parts Application::saga_parts(const ServerConfig& config, telemetry::Log& log) {
  const auto of = [this](saga::Area area) -> std::optional<saga::Services::Backing> {
    const auto& backing = backings_.at(saga::index_of(area));
    if (!backing.store) return std::nullopt;
    return saga::Services::Backing{*backing.store, *backing.lock};
  };
  return {.backings = {of(saga::Area::kOrder), of(saga::Area::kUser), of(saga::Area::kProduct),
                       of(saga::Area::kCoupon), of(saga::Area::kUserCoupon)},
          .elsewhere = {remote_.get(), remote_.get(), remote_.get()},
          .transport = *transport_,
          .payments = payments_,
          .clock = clock_,
          .ids = ids_,
          .log = log,
          .options = config.saga,
          .read_write_pause = config.orders.read_write_pause};
}

// Of all services together; what is named says whose it is.
StoreStats Application::store_stats() const {
  if (store_) return store_->stats();
  StoreStats all;
  for (std::size_t i = 0; i < backings_.size(); ++i) {
    if (!backings_.at(i).store) continue;
    auto stats = backings_.at(i).store->stats();
    const auto prefix = std::string(saga::kAreaNames.at(i)) + ".";
    all.pool.active += stats.pool.active;
    all.pool.idle += stats.pool.idle;
    all.pool.pending += stats.pool.pending;
    all.pool.timeouts += stats.pool.timeouts;
    for (auto& query : stats.queries) {
      query.name.insert(0, prefix);
      all.queries.push_back(std::move(query));
    }
    for (auto& [name, value] : stats.gauges) all.gauges.emplace_back(prefix + name, value);
  }
  return all;
}

telemetry::Load Application::load() const { return dispatcher_.load(); }

telemetry::Readings Application::read(Span span) const {
  const auto totals = payments_.totals();
  return {.names = &recorder_.names(),
          .requests = span == Span::kWindow ? recorder_.window() : recorder_.total(),
          .store = store_stats(),
          .load = dispatcher_.load(),
          .payments = {.payments = totals.payments,
                       .declines = totals.declines,
                       .refunds = totals.refunds,
                       .paid = totals.paid,
                       .refunded = totals.refunded},
          .http = front_door_->stats(),
          .process = telemetry::process_usage(),
          .saga = services_ ? services_->read(span == Span::kWindow) : telemetry::SagaReadings(),
          .issuing = issuing_ ? issuing_->gauges() : telemetry::Gauges(),
          .stock = hot_deals_ ? hot_deals_->gauges() : telemetry::Gauges()};
}

void Application::start_window() {
  recorder_.start_window();
  if (services_) services_->start_window();
}

Result<telemetry::Backlog> Application::backlog(Deadline deadline) const {
  if (services_) return services_->backlog(deadline);
  telemetry::Backlog backlog;
  if (issuing_) {
    const auto requests = issuing_->backlog(deadline);
    if (!requests) return Unexpected(requests.error());
    backlog.lag += *requests;
  }
  if (hot_deals_) {
    const auto orders = hot_deals_->backlog(deadline);
    if (!orders) return Unexpected(orders.error());
    backlog.lag += *orders;
  }
  return backlog;
}

std::vector<telemetry::MissingService> Application::missing(Deadline deadline) const {
  if (needed_.none()) return {};
  return peers_->missing(needed_, deadline);
}

}  // namespace stampede::server
