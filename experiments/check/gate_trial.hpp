// What the checks of gates have in common: a gate made afresh, resources that no other check uses,
// and calls that must succeed.
//
// A GateTrial belongs to one check; everything but its construction may come from any thread of it.
// What it left in a server it removes in the end, as far as a gate can be asked to.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "experiments/check/check.hpp"
#include "experiments/check/watched_gate.hpp"

namespace stampede::check {

class GateTrial {
 public:
  enum class Watch : bool { kNo, kYes };  // Not under load: see watched_gate.hpp.

  explicit GateTrial(const Subject& subject, Watch watch = Watch::kYes);
  ~GateTrial();
  GateTrial(const GateTrial&) = delete;
  GateTrial& operator=(const GateTrial&) = delete;

  Gate& gate() { return *gate_; }
  // Another instance, called by this name in the history. Ends before the trial does.
  std::unique_ptr<Gate> another(const std::string& name);
  // What the next caller uses: one instance and another in turn where they share what they know,
  // the same one where they do not.
  Gate& any(int caller) { return caller % 2 == 1 && second_ ? *second_ : *gate_; }
  // Makes the other one.
  void use_two_instances();

  Resource coupon() const { return {Resource::Kind::kCoupon, first_id_ + 1}; }
  Resource other_coupon() const { return {Resource::Kind::kCoupon, first_id_ + 2}; }
  Resource product() const { return {Resource::Kind::kProduct, first_id_ + 1}; }
  // One more for each round of a check.
  Resource coupon_of(int round) const { return {Resource::Kind::kCoupon, first_id_ + 100 + round}; }

  // Whether the check applies, and if not, why.
  bool applies(bool it_does, const std::string& or_else);
  bool applies_to_exact();
  bool applies_to_shared();
  // Whether the gate takes claims for products: it may say kInvalid.
  bool applies_to_products();

  Claim claim(std::int64_t user, std::string request) const {
    return {.resource = coupon(), .user = UserId{user}, .request = std::move(request)};
  }
  Claim product_claim(std::int64_t quantity, std::string request) const {
    return {.resource = product(),
            .user = UserId{1},
            .quantity = quantity,
            .request = std::move(request)};
  }

  // So many users, from 1.
  static std::vector<Holder> holders_of(std::int64_t users);

  // Each of these throws std::runtime_error when the gate does not answer as it has to: as many
  // decisions as claims, and no errors.
  Result<Decision> decide(Gate& gate, const Claim& claim, Deadline deadline = in_time());
  Result<Decision> decide(const Claim& claim) { return decide(*gate_, claim); }
  std::vector<Decision> decide_all(Gate& gate, const std::vector<Claim>& claims);
  void load(std::int64_t remaining, const std::vector<Holder>& holders = {}) {
    load(coupon(), remaining, holders);
  }
  void load(Resource resource, std::int64_t remaining, const std::vector<Holder>& holders = {});
  // The same, which may fail.
  Result<void> try_load(Resource resource, std::int64_t remaining,
                        const std::vector<Holder>& holders = {});
  void close() { close(*gate_, coupon()); }
  void close(Gate& gate, Resource resource);
  void settle(const Claim& claim, Settlement how) { settle(*gate_, {{claim, how}}); }
  void settle(Gate& gate, const std::vector<SettledClaim>& claims);
  std::vector<Claim> pending(Resource resource, std::chrono::nanoseconds age = {},
                             std::size_t limit = 100);
  // The requests of what is pending of the coupon, sorted.
  std::vector<std::string> pending_requests();
  GateState state(Resource resource);
  GateState state() { return state(coupon()); }

  // Lines of the findings. They answer whether it was so.
  bool expect(bool kept, const std::string& otherwise);
  bool expect_decision(const Claim& claim, Decision expected) {
    return expect_decision(*gate_, claim, expected);
  }
  bool expect_decision(Gate& gate, const Claim& claim, Decision expected);
  // Open, with so many left, holders, and, of an exact gate, pending grants.
  void expect_state(const std::string& when, std::int64_t remaining, std::int64_t holders,
                    std::int64_t pending) {
    expect_state(when, coupon(), remaining, holders, pending);
  }
  void expect_state(const std::string& when, Resource resource, std::int64_t remaining,
                    std::int64_t holders, std::int64_t pending);

  Findings findings() const;
  std::chrono::nanoseconds patience() const { return subject_.patience; }
  static Deadline in_time() { return Clock::now() + kPatience; }

 private:
  std::unique_ptr<Gate> watched(std::unique_ptr<Gate> gate, const std::string& name) const;
  void remove(Resource resource);

  const Subject& subject_;
  const Watch watch_;
  const std::int64_t first_id_;
  std::unique_ptr<Gate> gate_;
  Gate* unwatched_ = nullptr;  // The same; what is done after the check is no part of its history.
  std::unique_ptr<Gate> second_;
  mutable std::mutex mutex_;
  std::set<Resource> loaded_;
  Findings findings_;
};

// What many callers were told. Safe for concurrent use.
class Decisions {
 public:
  void count(const Result<Decision>& decision);
  std::int64_t of(Decision decision) const {
    return decided_.at(static_cast<std::size_t>(decision));
  }
  std::int64_t all() const {
    return of(Decision::kGranted) + of(Decision::kSoldOut) + of(Decision::kAlready) +
           of(Decision::kClosed);
  }
  void expect_no_errors(GateTrial& trial) const;

 private:
  std::array<std::atomic<std::int64_t>, 4> decided_{};
  std::atomic<std::int64_t> errors_ = 0;
  mutable std::mutex mutex_;
  std::string first_error_;
};

// Runs a check's body on a trial of its own.
Findings run_on_gate_trial(const Subject& subject, void (*body)(GateTrial&),
                           GateTrial::Watch watch);

// The same as what a Check runs.
template <void (*body)(GateTrial&), GateTrial::Watch watch = GateTrial::Watch::kYes>
Findings on_gate_trial(const Subject& subject) {
  return run_on_gate_trial(subject, body, watch);
}

}  // namespace stampede::check
