// What becomes of a grant: issued, returned, or pending until then.

#include <fmt/format.h>

#include <thread>

#include "experiments/check/gate_checks.hpp"
#include "experiments/check/gate_trial.hpp"

namespace stampede::check {
namespace {

using Requests = std::vector<std::string>;

std::string listed(const Requests& requests) {
  std::string text;
  for (const auto& request : requests) text += (text.empty() ? "\"" : ", \"") + request + "\"";
  return text.empty() ? "nothing" : text;
}

void expect_pending(GateTrial& trial, const std::string& when, const Requests& expected) {
  const auto found = trial.pending_requests();
  trial.expect(found == expected, fmt::format("{}, pending should be {}, not {}", when,
                                              listed(expected), listed(found)));
}

void grants_again_what_was_returned(GateTrial& trial) {
  trial.load(1);
  const auto claim = trial.claim(1, "a");
  trial.expect_decision(claim, Decision::kGranted);
  trial.settle(claim, Settlement::kReturned);
  trial.expect_state("after it came back", 1, 0, 0);
  trial.settle(claim, Settlement::kReturned);  // Once is enough.
  trial.expect_state("after it came back twice", 1, 0, 0);
  trial.expect_decision(trial.claim(2, "b"), Decision::kGranted);
  trial.expect_decision(trial.claim(1, "c"), Decision::kSoldOut);
}

void settles_once_and_only_the_request_that_was_granted(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.load(5);
  const auto claim = trial.claim(1, "a");
  trial.expect_decision(claim, Decision::kGranted);
  trial.settle(trial.claim(1, "another"), Settlement::kReturned);
  trial.settle(trial.claim(2, "a"), Settlement::kReturned);
  trial.expect_state("after what was never granted came back", 4, 1, 1);
  trial.settle(claim, Settlement::kIssued);
  trial.settle(claim, Settlement::kReturned);  // Too late: it is issued.
  trial.expect_state("after it came back when it was issued", 4, 1, 0);
  trial.settle(claim, Settlement::kIssued);
  trial.expect_state("after it was issued twice", 4, 1, 0);
}

void lists_what_is_pending_until_it_is_settled(GateTrial& trial) {
  trial.load(10);
  const auto issued = trial.claim(1, "issued");
  const auto returned = trial.claim(2, "returned");
  for (const auto& claim : {issued, returned, trial.claim(3, "kept")}) {
    trial.expect_decision(claim, Decision::kGranted);
  }
  if (!trial.gate().exact()) {
    expect_pending(trial, "by a gate that keeps nothing", {});
    return;
  }
  expect_pending(trial, "after three grants", {"issued", "kept", "returned"});
  trial.expect(trial.pending(trial.coupon(), {}, 2).size() == 2,
               "it lists more or less than it may");
  trial.expect(trial.pending(trial.coupon(), std::chrono::hours(1)).empty(),
               "it lists grants of this moment as an hour old");
  trial.settle(issued, Settlement::kIssued);
  trial.settle(returned, Settlement::kReturned);
  expect_pending(trial, "after two were settled", {"kept"});
  trial.expect(trial.pending(trial.other_coupon()).empty(), "another coupon has grants pending");
}

// Whoever publishes again what is pending needs the claim as it was made.
void what_is_pending_comes_back_whole(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.load(10);
  const Requests requests{"a b  c", "\"quoted\" \\ {}", "\xed\x94\x8c\xeb\xa0\x88 \xc3\xbc",
                          "7 1 x",  "two\nlines",       std::string(64, 'x')};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto claim = trial.claim(static_cast<std::int64_t>(i) + 1, requests[i]);
    trial.expect_decision(claim, Decision::kGranted);
    trial.expect_decision(claim, Decision::kGranted);  // Known again as it was.
  }
  const auto claims = trial.pending(trial.coupon());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const bool is_there = std::ranges::any_of(claims, [&](const Claim& claim) {
      return claim.request == requests[i] && value_of(claim.user) == std::int64_t(i) + 1 &&
             claim.quantity == 1 && claim.resource == trial.coupon();
    });
    trial.expect(is_there, fmt::format("the claim of user {} by request \"{}\" did not come back",
                                       i + 1, requests[i]));
  }
  for (const auto& claim : claims) trial.settle(claim, Settlement::kReturned);
  trial.expect_state("after all came back", 10, 0, 0);
}

// Waits until the gate's own clock has moved on, so that the order is not left to chance.
void grant_and_wait(GateTrial& trial, const Claim& claim) {
  using namespace std::chrono_literals;
  trial.expect_decision(claim, Decision::kGranted);
  const auto deadline = Clock::now() + trial.patience();
  const auto is_old = [&] {
    return std::ranges::any_of(trial.pending(trial.coupon(), 5ms),
                               [&](const Claim& old) { return old.request == claim.request; });
  };
  while (!is_old()) {
    if (!trial.expect(Clock::now() < deadline, "a grant never becomes 5 ms old")) return;
    std::this_thread::yield();
  }
}

void lists_the_oldest_first(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.load(10);
  const Requests requests{"third", "first", "second"};  // Neither sorted nor in any hash's order.
  std::int64_t user = 9;
  for (const auto& request : requests) grant_and_wait(trial, trial.claim(user--, request));
  Requests found;
  for (const auto& claim : trial.pending(trial.coupon())) found.push_back(claim.request);
  trial.expect(found == requests, fmt::format("the oldest first would be {}, not {}",
                                              listed(requests), listed(found)));
  const auto oldest = trial.pending(trial.coupon(), {}, 1);
  trial.expect(oldest.size() == 1 && oldest.front().request == requests.front(),
               "of one only, it should list the oldest");
}

void settles_many_in_one_call(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  constexpr std::int64_t kMany = 1200;
  trial.load(kMany);
  std::vector<Claim> claims;
  std::vector<SettledClaim> settled;
  for (std::int64_t user = 1; user <= kMany; ++user) {
    claims.push_back(trial.claim(user, "r" + std::to_string(user)));
    const auto how = user % 3 == 0 ? Settlement::kReturned : Settlement::kIssued;
    settled.push_back({claims.back(), how});
  }
  const auto decisions = trial.decide_all(trial.gate(), claims);
  trial.expect(std::ranges::count(decisions, Decision::kGranted) == kMany, "not all were granted");
  trial.expect_state("after as many grants as there were", 0, kMany, kMany);
  trial.settle(trial.gate(), settled);
  trial.expect_state("after a third came back", kMany / 3, kMany - kMany / 3, 0);
  trial.settle(trial.gate(), settled);  // As after an error, when it is not known what was done.
  trial.expect_state("after all were settled again", kMany / 3, kMany - kMany / 3, 0);
}

constexpr Check kChecks[] = {
    {"GrantsAgainWhatWasReturned", on_gate_trial<grants_again_what_was_returned>},
    {"SettlesOnceAndOnlyTheRequestThatWasGranted",
     on_gate_trial<settles_once_and_only_the_request_that_was_granted>},
    {"ListsWhatIsPendingUntilItIsSettled",
     on_gate_trial<lists_what_is_pending_until_it_is_settled>},
    {"WhatIsPendingComesBackWhole", on_gate_trial<what_is_pending_comes_back_whole>},
    {"ListsTheOldestFirst", on_gate_trial<lists_the_oldest_first>},
    {"SettlesManyInOneCall", on_gate_trial<settles_many_in_one_call>},
};

}  // namespace

std::span<const Check> gate_settlement_checks() { return kChecks; }

}  // namespace stampede::check
