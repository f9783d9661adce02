// Opened with what the store says, closed, and shared by instances.

#include <fmt/format.h>

#include "experiments/check/gate_checks.hpp"
#include "experiments/check/gate_trial.hpp"

namespace stampede::check {
namespace {

void remembers_the_holders_it_was_loaded_with(GateTrial& trial) {
  constexpr std::int64_t kHolders = 2'500;
  trial.load(10, GateTrial::holders_of(kHolders));
  trial.expect_state("loaded with many holders", 10, kHolders, 0);
  for (const std::int64_t user : {std::int64_t{1}, std::int64_t{1'000}, kHolders}) {
    trial.expect_decision(trial.claim(user, "a" + std::to_string(user)), Decision::kAlready);
  }
  trial.expect_decision(trial.claim(kHolders + 1, "b"), Decision::kGranted);
}

// How many there are may have changed in the store, either way.
void opens_with_exactly_what_it_is_told(GateTrial& trial) {
  for (const std::int64_t remaining : {1'000, 10'000, 10'001, 20'000, 3, 0}) {
    trial.load(remaining);
    trial.expect_state(fmt::format("loaded with {}", remaining), remaining, 0, 0);
  }
  trial.load(2, {{UserId{1}, "before"}});
  trial.load(2, {{UserId{2}, "now"}});
  trial.expect_state("loaded with another holder", 2, 1, 0);
  trial.expect_decision(trial.claim(1, "a"), Decision::kGranted);
  trial.expect_decision(trial.claim(2, "b"), Decision::kAlready);
}

void keeps_what_is_pending_when_it_is_loaded_again(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.load(10);
  const auto stored = trial.claim(1, "stored");
  trial.expect_decision(stored, Decision::kGranted);
  trial.expect_decision(trial.claim(2, "open"), Decision::kGranted);
  trial.load(9, {{UserId{1}, "stored"}});  // The store has the first one by now.
  trial.expect_state("loaded with 9, while one more is pending", 8, 2, 1);
  trial.expect(trial.pending_requests() == std::vector<std::string>{"open"},
               "what the store does not have yet should stay pending, and nothing else");
  trial.expect_decision(trial.claim(2, "again"), Decision::kAlready);
  trial.expect_decision(stored, Decision::kGranted);
  trial.expect_decision(trial.claim(2, "open"), Decision::kGranted);
  trial.expect_state("after claims that take nothing", 8, 2, 1);
  trial.settle(trial.claim(2, "open"), Settlement::kReturned);
  trial.expect_state("after the pending one came back", 9, 1, 0);
}

void what_is_pending_outlasts_a_close(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.load(5);
  const auto issued = trial.claim(1, "issued");
  const auto kept = trial.claim(2, "kept");
  trial.expect_decision(issued, Decision::kGranted);
  trial.expect_decision(kept, Decision::kGranted);
  trial.close();
  trial.expect(trial.pending_requests() == std::vector<std::string>{"issued", "kept"},
               "close() changed what is pending");
  trial.expect_decision(kept, Decision::kClosed);  // Nothing is granted now, not even again.
  trial.settle(issued, Settlement::kIssued);
  trial.expect(trial.pending_requests() == std::vector<std::string>{"kept"},
               "what was settled while it was closed should no longer be pending");
  trial.load(4, {{UserId{1}, "issued"}});
  trial.expect_state("loaded again", 3, 2, 1);
  trial.expect_decision(kept, Decision::kGranted);
}

void loaded_with_less_than_is_pending_it_has_nothing_left(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.load(3);
  for (const std::int64_t user : {1, 2, 3}) {
    trial.expect_decision(trial.claim(user, std::to_string(user)), Decision::kGranted);
  }
  trial.load(1);
  trial.expect_state("loaded with 1, while 3 are pending", 0, 3, 3);
  trial.expect_decision(trial.claim(4, "4"), Decision::kSoldOut);
}

void instances_share_what_they_know(GateTrial& trial) {
  if (!trial.applies_to_shared()) return;
  const auto other = trial.another("the other instance");
  trial.load(2);
  trial.expect_decision(*other, trial.claim(1, "a"), Decision::kGranted);
  trial.expect_decision(trial.claim(1, "b"), Decision::kAlready);
  trial.expect_decision(trial.claim(2, "c"), Decision::kGranted);
  trial.expect_decision(*other, trial.claim(3, "d"), Decision::kSoldOut);
  trial.settle(*other, {{trial.claim(2, "c"), Settlement::kReturned}});
  trial.expect_state("after another instance gave one back", 1, 1, 1);
  trial.close(*other, trial.coupon());
  trial.expect_decision(trial.claim(4, "e"), Decision::kClosed);
}

// Whoever was granted something may be gone before anybody else heard of it.
void what_an_instance_was_granted_outlives_it(GateTrial& trial) {
  if (!trial.applies_to_shared() || !trial.applies_to_exact()) return;
  trial.load(5);
  auto gone = trial.another("the instance that goes");
  const auto claim = trial.claim(1, "a");
  trial.expect_decision(*gone, claim, Decision::kGranted);
  gone.reset();
  trial.expect_state("after the instance has gone", 4, 1, 1);
  trial.expect(trial.pending_requests() == std::vector<std::string>{"a"},
               "its grant should be pending for the others to see");
  trial.expect_decision(claim, Decision::kGranted);
  trial.settle(claim, Settlement::kReturned);
  trial.expect_state("after the others gave its grant back", 5, 0, 0);
}

constexpr Check kChecks[] = {
    {"RemembersTheHoldersItWasLoadedWith", on_gate_trial<remembers_the_holders_it_was_loaded_with>},
    {"OpensWithExactlyWhatItIsTold", on_gate_trial<opens_with_exactly_what_it_is_told>},
    {"KeepsWhatIsPendingWhenItIsLoadedAgain",
     on_gate_trial<keeps_what_is_pending_when_it_is_loaded_again>},
    {"WhatIsPendingOutlastsAClose", on_gate_trial<what_is_pending_outlasts_a_close>},
    {"LoadedWithLessThanIsPendingItHasNothingLeft",
     on_gate_trial<loaded_with_less_than_is_pending_it_has_nothing_left>},
    {"InstancesShareWhatTheyKnow", on_gate_trial<instances_share_what_they_know>},
    {"WhatAnInstanceWasGrantedOutlivesIt", on_gate_trial<what_an_instance_was_granted_outlives_it>},
};

}  // namespace

std::span<const Check> gate_loading_checks() { return kChecks; }

}  // namespace stampede::check
