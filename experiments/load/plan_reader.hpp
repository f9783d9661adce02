// Reads the `load:` block of an experiment, strictly: each fault of it is reported, with its line.
// The keys are described in the example below; those that k6 has are spelled as k6 spells them.
//
//   executor: ramping-vus   # and constant-vus, constant-arrival-rate, ramping-arrival-rate,
//                           # per-vu-iterations, shared-iterations
//   startVUs: 10            # vus, duration, stages, startVUs, startRate, rate, timeUnit,
//   stages: [{duration: 10s, target: 100}]  # preAllocatedVUs, maxVUs, iterations, maxDuration,
//   gracefulStop: 30s                       # where the executor has them
//   warmup: 5s              # before the window, at the value the stages begin with
//   think: {min: 0ms, max: 200ms}           # or 100ms, or 0ms..200ms
//   mix: {order: 80, browse: 20}
//   journeys:
//     browse:
//       - {path: /api/v1/products, capture: {first: /items/0/id}}
//       - {name: detail, path: "/api/v1/products/{first}", expect: [200]}
//   choose: {user: {zipf: 1.1}, product: {hot_set: {size: 10, share: 0.9}}, coupon: sequential}
//   range: {users: 100000, products: 10, coupons: 1}  # ids are drawn from 1..n
//   items: 1..3             # products in an order, each `quantity` times
//   quantity: 2
//   amount: 1000..5000      # of a charge
//   coupon_share: 0.2       # of the orders
//   timeout: 30s
//   backlog: 1000           # of arrivals that wait for a free user
//   spin: 80us              # busy-wait before an arrival
//   seed: 1
//   ledger: true
//   prefix: load            # of the request keys
//   scale: 0.1              # of users, rates and all durations; or {load: 0.1, time: 0.5}

#pragma once

#include <optional>
#include <string>

#include "core/api/result.hpp"
#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "experiments/load/plan.hpp"

namespace stampede::load {

// `load` may be null (nothing but defaults, which lack a duration: a fault). `path` is its dotted
// path. With `seeded` ids are drawn from what is there, unless the block has a `range` of its own.
LoadPlan read_plan(const config::Tree* load, const std::string& path,
                   const std::optional<Population>& seeded, config::Faults& faults);

// The `journeys:` block.
std::vector<JourneySpec> read_journeys(const config::Tree* journeys, const std::string& path,
                                       config::Faults& faults);

// "http://127.0.0.1:8080", with a base path or without. kInvalid with what is wrong.
Result<Target> parse_url(const std::string& url);

}  // namespace stampede::load
