#include "core/server/application.hpp"

#include <chrono>
#include <utility>

namespace stampede::server {

Result<Application::Plugins> Application::make_plugins(const ServerConfig& config,
                                                       plugin::Catalog& catalog) {
  auto store = catalog.create<Store>(config.store.use, config.store.settings);
  if (!store) return Unexpected(store.error());
  auto lock = catalog.create<LockStrategy>(config.lock.use, config.lock.settings);
  if (!lock) return Unexpected(lock.error());
  auto front_door = catalog.create<HttpServer>(config.frontend.use, config.frontend.settings);
  if (!front_door) return Unexpected(front_door.error());
  return Plugins{std::move(*store), std::move(*lock), std::move(*front_door)};
}

Result<std::unique_ptr<Application>> Application::start(const ServerConfig& config, Plugins plugins,
                                                        telemetry::Log& log) {
  if (!plugins.lock->runs_on(*plugins.store)) {
    return fail(ErrorCode::kInvalid,
                "lock " + config.lock.use + " does not run on store " + config.store.use);
  }
  std::unique_ptr<Application> application(new Application(config, std::move(plugins), log));
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
      store_(std::move(plugins.store)),
      lock_(std::move(plugins.lock)),
      payments_(config.payments),
      pipeline_(*store_, *lock_, payments_, clock_, ids_, config.orders),
      recorder_(http::request_names()),
      api_({.pipeline = pipeline_, .store = *store_, .instruments = *this},
           {.admin = config.admin, .seed = config.seed}),
      dispatcher_(
          api_, recorder_, log,
          {.workers = config.workers, .queue = config.queue, .timeout = config.lock_timeout}),
      front_door_(std::move(plugins.front_door)) {}

// The front door goes first; the workers then finish what they have, and their answers go nowhere.
Application::~Application() { front_door_->stop(); }

bool Application::drain() {
  const auto deadline = std::chrono::steady_clock::now() + drain_timeout_;
  front_door_->stop();
  return dispatcher_.wait_until_quiet(deadline);
}

telemetry::Load Application::load() const { return dispatcher_.load(); }

telemetry::Readings Application::read(Span span) const {
  const auto totals = payments_.totals();
  return {.names = &recorder_.names(),
          .requests = span == Span::kWindow ? recorder_.window() : recorder_.total(),
          .store = store_->stats(),
          .load = dispatcher_.load(),
          .payments = {.payments = totals.payments,
                       .declines = totals.declines,
                       .refunds = totals.refunds,
                       .paid = totals.paid,
                       .refunded = totals.refunded},
          .http = front_door_->stats(),
          .process = telemetry::process_usage()};
}

void Application::start_window() { recorder_.start_window(); }

}  // namespace stampede::server
