// What a load is: how many virtual users or arrivals, for how long, doing what, on which data.
// Plain values. Names of executors and of their options are k6's.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/saga/area.hpp"

namespace stampede::load {

using Duration = std::chrono::nanoseconds;

struct Target {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string base_path;  // Put before every path: "" or "/shop".
};

enum class ExecutorKind : std::uint8_t {
  kConstantVus,          // `vus` users, each in a loop.
  kRampingVus,           // The number of users follows `stages`.
  kConstantArrivalRate,  // `rate` iterations per `time_unit`, whether or not answers come.
  kRampingArrivalRate,   // The rate follows `stages`.
  kPerVuIterations,      // `iterations` by each of `vus` users, all from one starting line.
  kSharedIterations,     // `iterations` shared by `vus` users, all from one starting line.
};

std::string_view to_string(ExecutorKind kind);

constexpr bool is_open(ExecutorKind kind) {
  return kind == ExecutorKind::kConstantArrivalRate || kind == ExecutorKind::kRampingArrivalRate;
}
constexpr bool counts_iterations(ExecutorKind kind) {
  return kind == ExecutorKind::kPerVuIterations || kind == ExecutorKind::kSharedIterations;
}

// A straight line from the value before to `target` (users, or iterations per time unit). With a
// duration of zero it is a jump.
struct Stage {
  Duration duration{0};
  double target = 0;
};

template <typename T>
struct Between {  // Drawn uniformly; both ends inclusive.
  T min{};
  T max{};
};

// How an id is drawn from 1..n.
struct Choice {
  enum class Kind : std::uint8_t {
    kUniform,
    kZipf,        // Id k with a probability proportional to 1 / k^exponent.
    kHotSet,      // With probability hot_share one of 1..hot_size, otherwise one of the others.
    kSequential,  // Iteration i takes id i mod n + 1: everyone once, then again.
  };
  Kind kind = Kind::kUniform;
  double exponent = 1;
  std::int64_t hot_size = 1;
  double hot_share = 0.9;
};

struct Population {
  std::int64_t users = 1;
  std::int64_t products = 1;
  std::int64_t coupons = 1;
};

// What a request does, as far as the audits care.
enum class OperationKind : std::uint8_t { kRead, kOrder, kIssue, kCharge, kCart, kOther };

std::string_view to_string(OperationKind kind);

struct Capture {
  std::string name;     // {name} in later steps.
  std::string pointer;  // A top-level field ("orderId") or a JSON pointer ("/items/0/productId").
};

// One request. `path`, `body` and header values may contain {user}, {product}, {quantity},
// {coupon}, {amount}, {items}, {coupon_field}, {key}, {prefix}, {iteration} and captured names.
struct StepSpec {
  std::string name;
  std::string method = "GET";
  std::string path = "/";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Capture> captures;
  std::vector<int> expect;  // Statuses; when empty, any 2xx. An expected 4xx is a refusal.
  OperationKind kind = OperationKind::kRead;
};

struct JourneySpec {
  std::string name;
  std::vector<StepSpec> steps;
};

struct LoadPlan {
  // The first one names the service in every request; connections are dealt in turn to all of them.
  Target target;
  std::vector<Target> more_targets;
  // Where the services are shared out: the targets are the instances of the first group of
  // services, then those of the second, equally many of each. A user has a connection to each
  // group, and a request goes to the one that hosts its service; to the first one when it has none.
  std::size_t groups = 1;
  std::array<std::size_t, saga::kAreaCount> group_of{};  // By saga::Area.

  ExecutorKind executor = ExecutorKind::kConstantVus;
  std::int64_t vus = 1;
  Duration duration{0};         // Of the window, after the warm-up.
  std::int64_t iterations = 1;  // When the executor counts iterations.
  Duration max_duration{0};     // Bounds an executor that counts iterations.
  std::vector<Stage> stages;    // Of a ramping executor; their sum is the window.
  double start = 0;             // Where the first stage begins: startVUs or startRate.
  double rate = 0;              // Iterations per time_unit.
  Duration time_unit = std::chrono::seconds(1);
  std::int64_t pre_allocated_vus = 1;  // Open executors: connected before the start,
  std::int64_t max_vus = 1;            // and how many there may be in the end.

  Duration warmup{0};
  Duration graceful_stop = std::chrono::seconds(30);  // What requests in flight at the end get.
  Between<Duration> think{};                          // After each iteration of a closed executor.
  Duration timeout = std::chrono::seconds(30);        // Of one request, connecting included.
  std::int64_t backlog =
      1'000;         // Arrivals that may wait for a free user; further ones are dropped.
  Duration spin{0};  // Busy-wait this long before an arrival: precise, costs a core.

  std::vector<std::pair<std::string, double>> mix;  // Journey and weight.
  std::vector<JourneySpec> journeys;                // The user's own, before the built-in ones.

  Population drawn;   // Ids are drawn from 1..n of each,
  Population seeded;  // and those beyond this are expected to be unknown: their 404 is "skipped".
  Choice user;
  Choice product;
  Choice coupon;
  Between<std::int64_t> items{1, 1};  // Different products in an order.
  Between<std::int64_t> quantity{1, 1};
  Between<std::int64_t> amount{1'000, 1'000};  // Of a charge, in minor units.
  double coupon_share = 0;                     // How many orders use a coupon, 0..1.

  std::uint64_t seed = 1;
  bool ledger = true;
  std::string key_prefix = "load";  // Of every Idempotency-Key; unique for each run on one server.
};

// The plan with one step only, the same bytes every time: for a comparison with other generators.
void use_fixed_request(LoadPlan& plan, const std::string& path);

// The plan's journeys by so many users for so long, without warm-up and thinking.
void use_constant_vus(LoadPlan& plan, std::int64_t vus, Duration duration);

}  // namespace stampede::load
