// The services that this process hosts, all five or some of them: wired to each other, to those in
// other processes, to their stores and to the transport. Answers what the public API asks, as the
// pipeline does for the monolith; what a service elsewhere would answer is kNotFound here. Safe for
// concurrent use once started.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/lock_strategy.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/sources.hpp"
#include "core/saga/area.hpp"
#include "core/saga/calls.hpp"
#include "core/saga/options.hpp"
#include "core/telemetry/log.hpp"
#include "core/telemetry/saga_readings.hpp"

namespace stampede::saga {

class Services final : public pipeline::Business {
 public:
  // What one service keeps its state in.
  struct Backing {
    Store& store;
    LockStrategy& lock;
  };
  // Everything outlives the services.
  struct Parts {
    // By Area; nothing where another process hosts the service.
    std::array<std::optional<Backing>, kAreaCount> backings;
    // Who answers for services that are hosted elsewhere: those that the hosted ones ask.
    Desks elsewhere = {};
    Transport& transport;
    pipeline::PaymentGateway& payments;
    pipeline::WallClock& clock;
    pipeline::IdGenerator& ids;
    telemetry::Log& log;
    SagaOptions options;
    // Between what an order reads of others and its acceptance: makes it likely that something is
    // gone when its saga comes to it.
    std::chrono::nanoseconds read_write_pause{0};
  };

  explicit Services(const Parts& parts);
  ~Services() override;  // Stops.
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // Subscribes and begins to deliver. Once.
  Result<void> connect();
  // Begins to publish and to sweep in the background, and connects before.
  Result<void> start();
  // Nothing is delivered or published afterwards. Idempotent.
  void stop();

  Result<pipeline::Reply<Order>> place_order(const pipeline::PlaceOrder& request,
                                             Context& context) override;
  Result<pipeline::Reply<UserCoupon>> issue_coupon(const pipeline::IssueCoupon& request,
                                                   Context& context) override;
  Result<pipeline::Reply<Charge>> charge_balance(const pipeline::ChargeBalance& request,
                                                 Context& context) override;
  Result<pipeline::Reply<CartLine>> add_to_cart(const pipeline::AddToCart& request,
                                                Context& context) override;
  TimePoint now() const override;

  // Who answers other processes: null for what is not hosted here.
  Desks desks() const;

  // The timings since start_window() when `window`, else since the start.
  telemetry::SagaReadings read(bool window) const;
  void start_window();

  // What is on its way between the services.
  Result<telemetry::Backlog> backlog(Deadline deadline) const;

  // One look for orders that stand still; also made every SagaOptions::sweep.
  Result<std::int64_t> sweep();
  // One round of every relay; also made in the background after start().
  Result<void> relay_once();

 private:
  struct Wiring;
  const std::unique_ptr<Wiring> wiring_;
};

}  // namespace stampede::saga
