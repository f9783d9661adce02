// Somebody loads or closes a gate while others claim, or load it, too.

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <thread>

#include "experiments/check/crowd.hpp"
#include "experiments/check/gate_checks.hpp"
#include "experiments/check/gate_trial.hpp"

namespace stampede::check {

namespace {

constexpr int kClaimants = 4;
constexpr int kRounds = 10;

// Claims for one user after the other, none of which another thread claims for.
class Claimant {
 public:
  explicit Claimant(int thread) : user_(thread + 1) {}
  Claim next(const GateTrial& trial) {
    user_ += kClaimants;
    return trial.claim(user_, std::to_string(user_));
  }

 private:
  std::int64_t user_;
};

// One load of a gate, and whether it was done. Anything but a conflict is a finding.
struct Loaded {
  std::int64_t remaining = 0;
  std::int64_t holders = 0;
  bool done = false;

  void load(GateTrial& trial, Gate& gate, Resource coupon) {
    const auto known = GateTrial::holders_of(holders);
    const auto loaded = gate.load(coupon, remaining, known, GateTrial::in_time());
    done = loaded.has_value();
    const bool is_conflict = !done && loaded.error().code == ErrorCode::kConflict;
    trial.expect(done || is_conflict,
                 "a load() while another comes between should be done or a CONFLICT, not " +
                     (done ? "" : loaded.error().message));
  }
  bool is_what(const GateState& state) const {
    return done && state.open && state.remaining == remaining && state.holders == holders;
  }
};

// The store has none of the grants yet, so that every one of them is taken from what is loaded.
void a_grant_is_not_lost_while_it_is_loaded(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  constexpr std::int64_t kThere = 100'000;
  constexpr std::int64_t kMostClaims = 50'000;
  constexpr std::int64_t kFewestClaims = 200;
  constexpr int kLoads = 30;
  trial.use_two_instances();
  trial.load(kThere);
  Decisions decisions;
  std::atomic<bool> is_over = false;
  on_all_threads(kClaimants + 1, [&](int thread) {
    if (thread < kClaimants) {
      Claimant claimant(thread);
      while (!is_over && decisions.all() < kMostClaims) {
        decisions.count(trial.decide(trial.any(thread), claimant.next(trial)));
      }
      return;
    }
    const auto deadline = GateTrial::in_time();
    const auto wait_for = [&](std::int64_t claims) {
      while (decisions.all() < claims && Clock::now() < deadline) std::this_thread::yield();
    };
    wait_for(kFewestClaims);  // So that there is something to lose.
    for (int loads = 0; loads < kLoads; ++loads) {
      if (loads % 3 == 0) trial.close();
      trial.load(kThere);
    }
    wait_for(2 * kFewestClaims);
    is_over = true;
  });
  decisions.expect_no_errors(trial);
  const auto granted = decisions.of(Decision::kGranted);
  trial.expect(granted > 0, "nothing was granted while it was loaded again and again");
  trial.expect_state(fmt::format("after {} grants between loads", granted), kThere - granted,
                     granted, granted);
}

void nothing_is_granted_after_close(GateTrial& trial) {
  constexpr std::int64_t kThere = 10'000;
  constexpr std::int64_t kMostClaims = 5'000;
  constexpr int kAfterwards = 20;  // Claims of each thread.
  trial.use_two_instances();
  trial.load(kThere);
  Decisions decisions;
  std::atomic<bool> is_closed = false;
  const auto deadline = GateTrial::in_time();
  on_all_threads(kClaimants + 1, [&](int thread) {
    if (thread == kClaimants) {
      while (decisions.all() < 100 && Clock::now() < deadline) std::this_thread::yield();
      trial.close(trial.any(1), trial.coupon());
      is_closed = true;
      return;
    }
    Claimant claimant(thread);
    for (int afterwards = 0; afterwards < kAfterwards && Clock::now() < deadline;) {
      const bool was_closed = is_closed;
      if (!was_closed && decisions.all() > kMostClaims) continue;
      const auto decision = trial.decide(trial.any(thread), claimant.next(trial));
      decisions.count(decision);
      if (!was_closed) continue;
      ++afterwards;
      const bool is_kept = decision && *decision == Decision::kClosed;
      if (!trial.expect(is_kept, "a claim after close() was answered " + show(decision))) return;
    }
  });
  decisions.expect_no_errors(trial);
}

void two_loads_at_once_leave_what_one_of_them_says(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.use_two_instances();
  for (int round = 0; round < kRounds; ++round) {
    const auto coupon = trial.coupon_of(round);
    trial.load(coupon, 0);
    std::array<Loaded, 2> loads{Loaded{.remaining = 100, .holders = 1'500},
                                Loaded{.remaining = 200, .holders = 3'000}};
    on_all_threads(2, [&](int thread) {
      loads.at(static_cast<std::size_t>(thread)).load(trial, trial.any(thread), coupon);
    });
    const auto state = trial.state(coupon);
    const bool none = !loads[0].done && !loads[1].done;
    const bool is_one = loads[0].is_what(state) || loads[1].is_what(state) || (none && !state.open);
    if (!trial.expect(is_one, fmt::format("loaded at once with 100 and 1500 holders ({}) and with "
                                          "200 and 3000 holders ({}), it is {}",
                                          loads[0].done ? "done" : "a conflict",
                                          loads[1].done ? "done" : "a conflict", show(state)))) {
      return;
    }
  }
}

void a_load_and_a_close_at_once_leave_one_of_them(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  trial.use_two_instances();
  for (int round = 0; round < kRounds; ++round) {
    const auto coupon = trial.coupon_of(round);
    trial.load(coupon, 0);
    Loaded loaded{.remaining = 100, .holders = 1'500};
    on_all_threads(2, [&](int thread) {
      if (thread == 0) return loaded.load(trial, trial.any(0), coupon);
      trial.close(trial.any(1), coupon);
    });
    const auto state = trial.state(coupon);
    const bool is_one = loaded.is_what(state) || !state.open;
    if (!trial.expect(
            is_one,
            fmt::format("loaded with 100 and 1500 holders ({}) and closed at once, it is {}",
                        loaded.done ? "done" : "a conflict", show(state)))) {
      return;
    }
  }
}

constexpr auto kUnwatched = GateTrial::Watch::kNo;

constexpr Check kChecks[] = {
    {"AGrantIsNotLostWhileItIsLoaded",
     on_gate_trial<a_grant_is_not_lost_while_it_is_loaded, kUnwatched>},
    {"NothingIsGrantedAfterClose", on_gate_trial<nothing_is_granted_after_close, kUnwatched>},
    {"TwoLoadsAtOnceLeaveWhatOneOfThemSays",
     on_gate_trial<two_loads_at_once_leave_what_one_of_them_says, kUnwatched>},
    {"ALoadAndACloseAtOnceLeaveOneOfThem",
     on_gate_trial<a_load_and_a_close_at_once_leave_one_of_them, kUnwatched>},
};

}  // namespace

std::span<const Check> gate_reopening_checks() { return kChecks; }

}  // namespace stampede::check
