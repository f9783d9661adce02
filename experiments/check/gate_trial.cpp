#include "experiments/check/gate_trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace stampede::check {

namespace {

// Gates that share a server share their resources, too: no two checks have the same ones, and none
// has those of a real sale, which are numbered from 1.
std::int64_t unused_ids() {
  std::random_device device;
  return (std::int64_t{1} << 32 | device()) * 1000;
}

[[noreturn]] void cannot(const std::string& what, const Error& error) {
  throw std::runtime_error(
      fmt::format("{} failed: {}: {}", what, to_string(error.code), error.message));
}

}  // namespace

GateTrial::GateTrial(const Subject& subject, Watch watch)
    : subject_(subject), watch_(watch), first_id_(unused_ids()) {
  auto gate = subject.make_gate();
  unwatched_ = gate.get();
  gate_ = watched(std::move(gate), "");
}

GateTrial::~GateTrial() {
  if (unwatched_->sharing() != Sharing::kNetwork) return;
  for (const auto resource : loaded_) remove(resource);
}

// Whatever goes wrong here is no finding: the check is over.
void GateTrial::remove(Resource resource) {
  for (int tries = 0; tries < 100; ++tries) {
    const auto left = unwatched_->pending(resource, {}, 1000, in_time());
    if (!left || left->empty()) break;
    std::vector<SettledClaim> settled;
    for (const auto& claim : *left) settled.push_back({claim, Settlement::kReturned});
    static_cast<void>(unwatched_->settle(settled, in_time()));
  }
  static_cast<void>(unwatched_->load(resource, 0, {}, in_time()));
  static_cast<void>(unwatched_->close(resource, in_time()));
}

std::unique_ptr<Gate> GateTrial::watched(std::unique_ptr<Gate> gate,
                                         const std::string& name) const {
  if (watch_ == Watch::kNo || subject_.history == nullptr) return gate;
  return std::make_unique<WatchedGate>(std::move(gate), *subject_.history, name);
}

std::unique_ptr<Gate> GateTrial::another(const std::string& name) {
  return watched(subject_.make_gate(), name);
}

void GateTrial::use_two_instances() {
  if (gate_->sharing() == Sharing::kNetwork) second_ = another("the other instance");
}

bool GateTrial::applies(bool it_does, const std::string& or_else) {
  const std::lock_guard guard(mutex_);
  if (!it_does) findings_.does_not_apply(or_else);
  return it_does;
}

bool GateTrial::applies_to_exact() {
  return applies(gate_->exact(), "exact() says that grant and bookkeeping are not one step");
}

bool GateTrial::applies_to_shared() {
  return applies(gate_->sharing() == Sharing::kNetwork,
                 "sharing() says that instances share nothing");
}

bool GateTrial::applies_to_products() {
  load(product(), 0);
  const auto decision = decide(product_claim(1, "any"));
  const bool it_does = decision || decision.error().code != ErrorCode::kInvalid;
  return applies(it_does, "it does not take claims for products" +
                              (decision ? "" : ": " + decision.error().message));
}

std::vector<Holder> GateTrial::holders_of(std::int64_t users) {
  std::vector<Holder> holders;
  for (std::int64_t user = 1; user <= users; ++user) holders.push_back({UserId{user}, ""});
  return holders;
}

Result<Decision> GateTrial::decide(Gate& gate, const Claim& claim, Deadline deadline) {
  Phases phases;
  Context context{.deadline = deadline, .phases = phases};
  auto decisions = gate.claim({&claim, 1}, context);
  if (decisions.size() != 1) {
    throw std::runtime_error(
        fmt::format("claim() answered one claim with {} decisions", decisions.size()));
  }
  return std::move(decisions.front());
}

std::vector<Decision> GateTrial::decide_all(Gate& gate, const std::vector<Claim>& claims) {
  Phases phases;
  Context context{.deadline = in_time(), .phases = phases};
  const auto answers = gate.claim(claims, context);
  if (answers.size() != claims.size()) {
    throw std::runtime_error(
        fmt::format("claim() answered {} claims with {} decisions", claims.size(), answers.size()));
  }
  std::vector<Decision> decisions;
  for (const auto& answer : answers) {
    if (!answer) cannot("claim()", answer.error());
    decisions.push_back(*answer);
  }
  return decisions;
}

Result<void> GateTrial::try_load(Resource resource, std::int64_t remaining,
                                 const std::vector<Holder>& holders) {
  {
    const std::lock_guard guard(mutex_);
    loaded_.insert(resource);
  }
  return gate_->load(resource, remaining, holders, in_time());
}

void GateTrial::load(Resource resource, std::int64_t remaining,
                     const std::vector<Holder>& holders) {
  const auto loaded = try_load(resource, remaining, holders);
  if (!loaded) cannot("load()", loaded.error());
}

void GateTrial::close(Gate& gate, Resource resource) {
  const auto closed = gate.close(resource, in_time());
  if (!closed) cannot("close()", closed.error());
}

void GateTrial::settle(Gate& gate, const std::vector<SettledClaim>& claims) {
  const auto settled = gate.settle(claims, in_time());
  if (!settled) cannot("settle()", settled.error());
}

std::vector<Claim> GateTrial::pending(Resource resource, std::chrono::nanoseconds age,
                                      std::size_t limit) {
  auto listed = gate_->pending(resource, age, limit, in_time());
  if (!listed) cannot("pending()", listed.error());
  return std::move(*listed);
}

std::vector<std::string> GateTrial::pending_requests() {
  std::vector<std::string> requests;
  for (const auto& claim : pending(coupon())) requests.push_back(claim.request);
  std::ranges::sort(requests);
  return requests;
}

GateState GateTrial::state(Resource resource) {
  const auto state = gate_->state(resource, in_time());
  if (!state) cannot("state()", state.error());
  return *state;
}

bool GateTrial::expect(bool kept, const std::string& otherwise) {
  const std::lock_guard guard(mutex_);
  findings_.expect(kept, otherwise);
  return kept;
}

bool GateTrial::expect_decision(Gate& gate, const Claim& claim, Decision expected) {
  const auto decision = decide(gate, claim);
  return expect(decision && *decision == expected,
                "the claim of " + show(claim) + " should be answered \"" +
                    show(Result<Decision>(expected)) + "\", not \"" + show(decision) + "\"");
}

void GateTrial::expect_state(const std::string& when, Resource resource, std::int64_t remaining,
                             std::int64_t holders, std::int64_t pending) {
  const auto found = state(resource);
  GateState expected{.open = true, .remaining = remaining, .holders = holders, .pending = pending};
  if (!gate_->exact()) expected.pending = found.pending;
  const bool same = found.open && found.remaining == remaining && found.holders == holders &&
                    found.pending == expected.pending;
  expect(same, when + ", the state of " + show(resource) + " should be \"" + show(expected) +
                   "\", not \"" + show(found) + "\"");
}

Findings GateTrial::findings() const {
  const std::lock_guard guard(mutex_);
  return findings_;
}

void Decisions::count(const Result<Decision>& decision) {
  auto& counter = decision ? decided_.at(static_cast<std::size_t>(*decision)) : errors_;
  if (!decision && errors_ == 0) {
    const std::lock_guard guard(mutex_);
    first_error_ = show(decision);
  }
  ++counter;
}

void Decisions::expect_no_errors(GateTrial& trial) const {
  const std::lock_guard guard(mutex_);
  trial.expect(errors_ == 0,
               fmt::format("{} claims failed, the first one so: {}", errors_.load(), first_error_));
}

Findings run_on_gate_trial(const Subject& subject, void (*body)(GateTrial&),
                           GateTrial::Watch watch) {
  GateTrial trial(subject, watch);
  try {
    body(trial);
  } catch (const std::exception& error) {  // What was found before stands, too.
    trial.expect(false, error.what());
  }
  return trial.findings();
}

}  // namespace stampede::check
