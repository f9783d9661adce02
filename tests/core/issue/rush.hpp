// A coupon rush to test asynchronous issue on: the sale of the pipeline's tests, a gate in memory
// behind its plugin, and a transport in the test's hands. Coupon 3 can be had twice; there are 20
// users.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "core/issue/issuing.hpp"
#include "core/plugin/catalog.hpp"
#include "tests/core/issue/held_transport.hpp"
#include "tests/core/pipeline/sale.hpp"

namespace stampede::issue::testing {

inline constexpr CouponId kCoupon{3};

struct RushOptions {
  bool gate = true;
  std::string gate_name = "memory";
  plugin::Settings gate_settings;
  GateAt gate_at = GateAt::kAccept;
  EventKey key = EventKey::kCoupon;
  bool synchronous = false;
  std::chrono::nanoseconds sweep_age{0};
};

class Rush {
 public:
  explicit Rush(const RushOptions& options = {})
      : transport(options.synchronous), gate(options.gate ? make_gate(options) : nullptr) {
    issuing = std::make_unique<Issuing>(Issuing::Parts{
        .pipeline = sale.pipeline,
        .store = sale.store,
        .transport = transport,
        .gate = gate.get(),
        .clock = sale.clock,
        .ids = sale.ids,
        .log = *log,
        .options = {
            .gate_at = options.gate_at, .key = options.key, .sweep_age = options.sweep_age}});
    EXPECT_TRUE(issuing->connect());
    EXPECT_TRUE(issuing->reload(soon()));
  }

  static Deadline soon() { return Clock::now() + std::chrono::seconds(30); }

  Result<pipeline::Reply<std::string>> accept(std::int64_t user, const std::string& key = {},
                                              CouponId coupon = kCoupon) {
    Phases phases;
    Context context{soon(), phases};
    return issuing->accept({UserId{user}, coupon, {key, "trace-" + key}}, context);
  }
  IssueStatus status(const std::string& request) {
    Phases phases;
    Context context{soon(), phases};
    return issuing->status(request, context).value();
  }
  GateState state(CouponId coupon = kCoupon) {
    return gate->state(resource_of(coupon), soon()).value();
  }
  std::int64_t issued() { return (*sale.view()->coupon(kCoupon))->issued; }

  pipeline::testing::Sale sale;
  HeldTransport transport;
  std::unique_ptr<Gate> gate;
  std::unique_ptr<telemetry::Log> log =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  std::unique_ptr<Issuing> issuing;

 private:
  static std::unique_ptr<Gate> make_gate(const RushOptions& options) {
    plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
    return std::move(catalog.create<Gate>(options.gate_name, options.gate_settings).value());
  }
};

inline const IssueStatus kPending{IssueState::kPending, ""};
inline const IssueStatus kIssued{IssueState::kIssued, ""};
inline IssueStatus failed(const std::string& reason) { return {IssueState::kFailed, reason}; }

inline void PrintTo(const IssueStatus& status, std::ostream* out) {
  *out << static_cast<int>(status.state) << " " << status.reason;
}

}  // namespace stampede::issue::testing
