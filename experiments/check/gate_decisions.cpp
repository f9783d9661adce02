// Who is granted one, who is not, and what a claim that comes again is told.

#include <fmt/format.h>

#include "experiments/check/gate_checks.hpp"
#include "experiments/check/gate_trial.hpp"

namespace stampede::check {
namespace {

void is_closed_until_loaded_and_after_close(GateTrial& trial) {
  trial.expect(!trial.state().open, "it is open before it was loaded");
  trial.expect_decision(trial.claim(1, "a"), Decision::kClosed);
  trial.load(1);
  trial.expect(trial.state().open, "it is closed after it was loaded");
  trial.close();
  trial.expect(!trial.state().open, "it is open after close()");
  trial.expect_decision(trial.claim(1, "b"), Decision::kClosed);
  trial.load(1);
  trial.expect_decision(trial.claim(1, "c"), Decision::kGranted);
}

// Nobody waits for a gate to open that has nothing to give.
void loaded_with_nothing_left_is_sold_out_not_closed(GateTrial& trial) {
  trial.load(0);
  trial.expect_decision(trial.claim(1, "a"), Decision::kSoldOut);
  trial.expect_state("loaded with nothing", 0, 0, 0);
}

void gives_a_user_a_coupon_once(GateTrial& trial) {
  trial.load(3);
  trial.expect_decision(trial.claim(1, "a"), Decision::kGranted);
  trial.expect_decision(trial.claim(1, "b"), Decision::kAlready);
  trial.expect_decision(trial.claim(1, "c"), Decision::kAlready);
  trial.expect_state("after one grant", 2, 1, 1);
}

void decides_each_claim_of_a_call_on_its_own(GateTrial& trial) {
  trial.load(2);
  auto elsewhere = trial.claim(9, "elsewhere");
  elsewhere.resource = trial.other_coupon();  // Which is closed.
  const auto decisions =
      trial.decide_all(trial.gate(), {trial.claim(1, "a"), trial.claim(1, "b"), elsewhere,
                                      trial.claim(2, "c"), trial.claim(3, "d")});
  const std::vector<Decision> expected{Decision::kGranted, Decision::kAlready, Decision::kClosed,
                                       Decision::kGranted, Decision::kSoldOut};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    trial.expect(
        decisions[i] == expected[i],
        fmt::format("claim {} of the call should be \"{}\", not \"{}\"", i + 1,
                    show(Result<Decision>(expected[i])), show(Result<Decision>(decisions[i]))));
  }
  trial.expect_state("after the call", 0, 2, 2);
  trial.expect(trial.decide_all(trial.gate(), {}).empty(), "a call without claims has an answer");
  trial.settle(trial.gate(), {});
}

void keeps_resources_apart(GateTrial& trial) {
  trial.load(1);
  trial.load(trial.other_coupon(), 1);
  trial.expect_decision(trial.claim(1, "a"), Decision::kGranted);
  auto other = trial.claim(1, "a");
  other.resource = trial.other_coupon();
  trial.expect_decision(other, Decision::kGranted);
  trial.expect_state("after a claim for each", trial.other_coupon(), 0, 1, 1);
  trial.expect_decision(trial.claim(2, "b"), Decision::kSoldOut);
  trial.close(trial.gate(), trial.other_coupon());
  trial.expect_state("after another coupon was closed", 0, 1, 1);
}

// A request that was cut off is made again: the answer must be the same, and nothing more is taken.
void a_repeated_request_is_granted_again_and_takes_nothing(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.load(2);
  const auto claim = trial.claim(1, "a");
  trial.expect_decision(claim, Decision::kGranted);
  trial.expect_decision(claim, Decision::kGranted);
  trial.expect_state("after the same request twice", 1, 1, 1);
  trial.settle(claim, Settlement::kIssued);
  trial.expect_decision(claim, Decision::kGranted);
  trial.expect_state("after the same request when it was issued", 1, 1, 0);
  const auto last = trial.claim(2, "b");
  const auto decisions = trial.decide_all(trial.gate(), {last, last});
  trial.expect(decisions == std::vector<Decision>(2, Decision::kGranted),
               "of the same request twice in one call, not both were granted");
  trial.expect_decision(last, Decision::kGranted);  // Although nothing is left.
  trial.expect_state("after everything was given away", 0, 2, 1);
}

void gives_a_product_by_request(GateTrial& trial) {
  if (!trial.applies_to_exact() || !trial.applies_to_products()) return;
  const auto product = trial.product();
  trial.load(product, 10);
  trial.expect_decision(trial.product_claim(6, "a"), Decision::kGranted);
  trial.expect_decision(trial.product_claim(6, "a"), Decision::kGranted);
  trial.expect_decision(trial.product_claim(5, "b"), Decision::kSoldOut);
  trial.expect_decision(trial.product_claim(4, "c"), Decision::kGranted);
  trial.expect_state("after 6 and 4 of 10", product, 0, 2, 2);
  trial.settle(trial.product_claim(6, "a"), Settlement::kReturned);
  trial.expect_state("after 6 came back", product, 6, 1, 1);
  const auto left = trial.pending(product);
  trial.expect(left.size() == 1 && left.front().quantity == 4 && left.front().request == "c",
               "pending should be the 4 by request \"c\" alone");
  trial.load(product, 9, {{UserId{1}, "stored"}});
  trial.expect_state("loaded with 9, while 4 are pending", product, 5, 2, 1);
  trial.expect_decision(trial.product_claim(1, "stored"), Decision::kGranted);
  trial.expect_state("after a request that the store has", product, 5, 2, 1);
}

void counts_what_it_answered(GateTrial& trial) {
  trial.expect_decision(trial.claim(1, "early"), Decision::kClosed);
  trial.load(2);
  trial.expect_decision(trial.claim(1, "a"), Decision::kGranted);
  trial.expect_decision(trial.claim(2, "b"), Decision::kGranted);
  trial.expect_decision(trial.claim(1, "c"), Decision::kAlready);
  for (const auto* request : {"d", "e", "f"}) {
    trial.expect_decision(trial.claim(3, request), Decision::kSoldOut);
  }
  const auto stats = trial.gate().stats();
  const auto is = [&](const char* name, std::int64_t found, std::int64_t expected) {
    trial.expect(found == expected,
                 fmt::format("stats().{} should be {}, not {}", name, expected, found));
  };
  is("granted", stats.granted, 2);
  is("already", stats.already, 1);
  is("sold_out", stats.sold_out, 3);
  is("closed", stats.closed, 1);
  is("errors", stats.errors, 0);
}

// What came too late may be decided or not, but at once, and the answer is true.
void a_call_that_comes_too_late_is_answered_at_once_and_truly(GateTrial& trial) {
  trial.load(5);
  const auto begun = Clock::now();
  const auto late = begun - std::chrono::milliseconds(1);
  const auto claim = trial.claim(1, "late");
  const auto decision = trial.decide(trial.gate(), claim, late);
  const auto remaining = trial.state().remaining;
  if (decision) {
    trial.expect(*decision == Decision::kGranted && remaining == 4,
                 fmt::format("the late claim was answered \"{}\", and {} of 5 are left",
                             show(decision), remaining));
  } else {
    const auto code = decision.error().code;
    trial.expect(code == ErrorCode::kTimeout || code == ErrorCode::kInDoubt,
                 "the late claim should be decided, a TIMEOUT or IN_DOUBT, not " + show(decision));
    trial.expect(code == ErrorCode::kInDoubt || remaining == 5,
                 fmt::format("the late claim was a TIMEOUT, but {} of 5 are left", remaining));
  }
  const auto is_passing = [&](const char* what, const Error& error) {
    trial.expect(
        error.code == ErrorCode::kTimeout || error.code == ErrorCode::kInDoubt ||
            error.code == ErrorCode::kConflict,
        fmt::format("a late {} should be done, or a TIMEOUT, not {}", what, to_string(error.code)));
  };
  const SettledClaim settled{claim, Settlement::kIssued};
  if (auto done = trial.gate().settle({&settled, 1}, late); !done)
    is_passing("settle()", done.error());
  if (auto done = trial.gate().pending(trial.coupon(), {}, 9, late); !done) {
    is_passing("pending()", done.error());
  }
  if (auto done = trial.gate().state(trial.coupon(), late); !done)
    is_passing("state()", done.error());
  if (auto done = trial.gate().load(trial.coupon(), 5, {}, late); !done) {
    is_passing("load()", done.error());
  }
  if (auto done = trial.gate().close(trial.coupon(), late); !done)
    is_passing("close()", done.error());
  trial.expect(Clock::now() - begun < kPatience / 2, "a call went on after its deadline");
  trial.load(5);  // What is in doubt may still take one.
  trial.expect_decision(trial.claim(2, "in time"), Decision::kGranted);
}

constexpr Check kChecks[] = {
    {"IsClosedUntilLoadedAndAfterClose", on_gate_trial<is_closed_until_loaded_and_after_close>},
    {"LoadedWithNothingLeftIsSoldOutNotClosed",
     on_gate_trial<loaded_with_nothing_left_is_sold_out_not_closed>},
    {"GivesAUserACouponOnce", on_gate_trial<gives_a_user_a_coupon_once>},
    {"DecidesEachClaimOfACallOnItsOwn", on_gate_trial<decides_each_claim_of_a_call_on_its_own>},
    {"KeepsResourcesApart", on_gate_trial<keeps_resources_apart>},
    {"ARepeatedRequestIsGrantedAgainAndTakesNothing",
     on_gate_trial<a_repeated_request_is_granted_again_and_takes_nothing>},
    {"GivesAProductByRequest", on_gate_trial<gives_a_product_by_request>},
    {"CountsWhatItAnswered", on_gate_trial<counts_what_it_answered>},
    {"ACallThatComesTooLateIsAnsweredAtOnceAndTruly",
     on_gate_trial<a_call_that_comes_too_late_is_answered_at_once_and_truly>},
};

}  // namespace

std::span<const Check> gate_decision_checks() { return kChecks; }

}  // namespace stampede::check
