// Looks after the gate, on a thread of its own: opens it from what the store says when it is closed
// (at the start, or because its memory was lost), and publishes granted requests again that nobody
// has settled, because somebody crashed between the grant and what should have followed.
//
// A closed gate is opened only when the consumer has passed what was published before: until then
// the store does not know all that was granted.
//
// round() and reload() exclude each other; the rest is safe for concurrent use. What is passed in
// outlives the caretaker.

#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/issue/counters.hpp"
#include "core/issue/epochs.hpp"
#include "core/issue/options.hpp"
#include "core/issue/rounds.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::issue {

class Caretaker {
 public:
  struct Parts {
    Store& store;
    Gate& gate;
    Transport& transport;
    Epochs& epochs;
    Counters& counters;
    telemetry::Log& log;
    Options options;
    std::function<Clock::time_point()> now = Clock::now;
  };

  explicit Caretaker(Parts parts);

  void start() { rounds_.start(); }
  void stop() { rounds_.stop(); }  // Idempotent.
  void wake() { rounds_.wake(); }  // Somebody found the gate closed.

  // Looks at every coupon once. The first error, after having looked at the others too.
  Result<void> round();

  // Loads every gate from the store, open or not: after the store was filled.
  Result<void> reload(Deadline deadline);

  // How many grants are not settled.
  Result<std::int64_t> pending(Deadline deadline);

 private:
  struct Resend {
    Clock::time_point next;
    std::chrono::nanoseconds wait;
  };
  using Resends = std::unordered_map<std::string, Resend>;  // By request.

  void log_round();
  Result<std::vector<CouponId>> coupons(Deadline deadline);
  Result<void> look_at(CouponId coupon, Deadline deadline);
  Result<void> open(CouponId coupon, Deadline deadline);
  Result<void> wait_for_consumer(Deadline deadline);
  Result<void> load(CouponId coupon, Deadline deadline);
  Result<void> sweep(CouponId coupon, Deadline deadline);

  const Parts parts_;
  std::mutex round_;  // Held by whoever changes gates, and over resends_.
  std::map<CouponId, Resends> resends_;
  Rounds rounds_;  // Last: its thread uses everything above.
};

}  // namespace stampede::issue
