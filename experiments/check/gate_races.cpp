// Many callers at once, who claim and give back: the last one is nobody's twice.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <thread>

#include "experiments/check/crowd.hpp"
#include "experiments/check/gate_checks.hpp"
#include "experiments/check/gate_trial.hpp"

namespace stampede::check {

namespace {

constexpr int kThreads = 8;

void never_grants_more_than_there_is(GateTrial& trial) {
  constexpr std::int64_t kUsersEach = 100;
  constexpr std::int64_t kThere = 300;
  trial.use_two_instances();
  trial.load(kThere);
  Decisions decisions;
  on_all_threads(kThreads, [&](int thread) {
    for (std::int64_t i = 0; i < kUsersEach; ++i) {
      const auto user = 1 + thread * kUsersEach + i;
      decisions.count(trial.decide(trial.any(thread), trial.claim(user, std::to_string(user))));
    }
  });
  decisions.expect_no_errors(trial);
  const auto granted = decisions.of(Decision::kGranted);
  trial.expect(granted == kThere, fmt::format("granted {} of {}", granted, kThere));
  const auto sold_out = decisions.of(Decision::kSoldOut);
  trial.expect(sold_out == kThreads * kUsersEach - kThere,
               fmt::format("told {} users that it is sold out, instead of {}", sold_out,
                           kThreads * kUsersEach - kThere));
  trial.expect_state("after more users than there were", 0, kThere, kThere);
}

void the_last_one_is_granted_once(GateTrial& trial) {
  constexpr int kRounds = 50;
  trial.use_two_instances();
  for (int round = 0; round < kRounds; ++round) {
    const auto coupon = trial.coupon_of(round);
    trial.load(coupon, 1);
    Decisions decisions;
    on_all_threads(kThreads, [&](int thread) {
      auto claim = trial.claim(thread + 1, std::to_string(thread));
      claim.resource = coupon;
      decisions.count(trial.decide(trial.any(thread), claim));
    });
    decisions.expect_no_errors(trial);
    const auto granted = decisions.of(Decision::kGranted);
    if (!trial.expect(granted == 1, fmt::format("the last one was granted to {} of {} users who "
                                                "asked at once",
                                                granted, kThreads))) {
      return;
    }
  }
}

// Everybody asks for the same users in the same order, so that they meet at one after the other.
void one_user_who_asks_twice_at_once_gets_one(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  constexpr std::int64_t kUsers = 200;
  trial.use_two_instances();
  trial.load(kThreads * kUsers);
  std::array<std::atomic<int>, kUsers> granted{};
  on_all_threads(kThreads, [&](int thread) {
    for (std::int64_t user = 0; user < kUsers; ++user) {
      const auto claim = trial.claim(user + 1, fmt::format("{}-{}", user, thread));
      const auto decision = trial.decide(trial.any(thread), claim);
      const bool is_granted = decision && *decision == Decision::kGranted;
      granted.at(static_cast<std::size_t>(user)) += is_granted ? 1 : 0;
    }
  });
  for (std::size_t user = 0; user < granted.size(); ++user) {
    const auto times = granted.at(user).load();
    if (!trial.expect(times == 1, fmt::format("user {}, who asked {} times at once, was granted {}",
                                              user + 1, kThreads, times))) {
      break;
    }
  }
  trial.expect_state("after one for each user", (kThreads - 1) * kUsers, kUsers, kUsers);
}

// The same with many claims in each call.
void calls_that_ask_for_the_same_users_at_once_share_them(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  constexpr int kCallers = 4;
  constexpr std::int64_t kUsers = 500;
  trial.use_two_instances();
  trial.load(kCallers * kUsers);
  std::atomic<std::int64_t> granted = 0;
  on_all_threads(kCallers, [&](int thread) {
    std::vector<Claim> claims;
    for (std::int64_t user = 1; user <= kUsers; ++user) {
      claims.push_back(trial.claim(user, fmt::format("{}-{}", user, thread)));
    }
    const auto decisions = trial.decide_all(trial.any(thread), claims);
    granted += std::ranges::count(decisions, Decision::kGranted);
  });
  trial.expect(granted == kUsers,
               fmt::format("{} calls, each for the same {} users, were granted {}", kCallers,
                           kUsers, granted.load()));
  trial.expect_state("after one for each user", (kCallers - 1) * kUsers, kUsers, kUsers);
}

void the_same_request_at_once_takes_one(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  constexpr std::int64_t kUsers = 100;
  trial.use_two_instances();
  trial.load(kThreads * kUsers);
  Decisions decisions;
  on_all_threads(kThreads, [&](int thread) {
    for (std::int64_t user = 1; user <= kUsers; ++user) {
      decisions.count(trial.decide(trial.any(thread), trial.claim(user, std::to_string(user))));
    }
  });
  decisions.expect_no_errors(trial);
  const auto granted = decisions.of(Decision::kGranted);
  trial.expect(
      granted == kThreads * kUsers,
      fmt::format("{} of {} claims were granted, each of them by the same request as others",
                  granted, kThreads * kUsers));
  trial.expect_state("after every request came several times at once", (kThreads - 1) * kUsers,
                     kUsers, kUsers);
}

void what_comes_back_twice_at_once_comes_back_once(GateTrial& trial) {
  if (!trial.applies_to_exact()) return;
  constexpr std::int64_t kUsers = 100;
  trial.use_two_instances();
  trial.load(kUsers);
  std::vector<Claim> claims;
  for (std::int64_t user = 1; user <= kUsers; ++user) {
    claims.push_back(trial.claim(user, std::to_string(user)));
  }
  const auto settle_all = [&](auto how_by) {
    trial.decide_all(trial.gate(), claims);
    on_all_threads(kThreads, [&](int thread) {
      for (const auto& claim : claims) trial.settle(trial.any(thread), {{claim, how_by(thread)}});
    });
  };
  settle_all([](int) { return Settlement::kReturned; });
  trial.expect_state("after every grant came back several times at once", kUsers, 0, 0);
  settle_all(
      [](int thread) { return thread % 2 == 0 ? Settlement::kReturned : Settlement::kIssued; });
  const auto found = trial.state();
  trial.expect(found.pending == 0 && found.remaining + found.holders == kUsers,
               fmt::format("every grant was issued and came back at once: {} should add up to {}",
                           show(found), kUsers));
}

void nothing_is_granted_to_two_while_much_comes_back(GateTrial& trial) {
  constexpr std::int64_t kThere = 3;
  constexpr std::int64_t kTurns = 100;
  trial.use_two_instances();
  trial.load(kThere);
  std::atomic<std::int64_t> out =
      0;  // At most what is granted: counted after, and given up before.
  std::atomic<std::int64_t> most = 0;
  std::atomic<std::int64_t> granted = 0;
  std::barrier all_have_asked(kThreads);
  on_all_threads(kThreads, [&](int thread) {
    for (std::int64_t turn = 0; turn < kTurns; ++turn) {
      const auto user = 1 + thread * kTurns + turn;
      const auto claim = trial.claim(user, std::to_string(user));
      const auto decision = trial.decide(trial.any(thread), claim);
      const bool is_granted = decision && *decision == Decision::kGranted;
      const auto now = is_granted ? ++out : 0;
      for (auto seen = most.load(); now > seen && !most.compare_exchange_weak(seen, now);) continue;
      // At first everybody has asked before anything comes back.
      if (turn == 0) all_have_asked.arrive_and_wait();
      if (!is_granted) continue;
      ++granted;
      std::this_thread::yield();
      --out;
      trial.settle(trial.any(thread + 1), {{claim, Settlement::kReturned}});
    }
  });
  trial.expect(most <= kThere,
               fmt::format("{} users had one of {} at the same time", most.load(), kThere));
  trial.expect(granted > kThere, "what came back was never granted again");
  trial.expect_state("after everything came back", kThere, 0, 0);
}

// Two lives of a gate, with work in both.
Findings is_destroyed_cleanly_after_use(const Subject& subject) {
  std::thread([] {}).join();  // What a runtime starts with the first thread, it has started now.
  const auto before = threads_of_this_process();
  Findings findings;
  {
    GateTrial trial(subject, GateTrial::Watch::kNo);
    trial.load(10);
    for (int life = 0; life < 2; ++life) {
      const auto gate = trial.another("");
      trial.load(10);
      on_all_threads(kThreads, [&](int thread) {
        const auto claim = trial.claim(thread + 1, fmt::format("{}-{}", life, thread));
        static_cast<void>(trial.decide(*gate, claim));
        trial.settle(*gate, {{claim, Settlement::kReturned}});
      });
    }
    findings = trial.findings();
  }
  findings.expect(
      threads_return_to(before, subject.patience),
      fmt::format("threads are left: {}, {} before", threads_of_this_process(), before));
  return findings;
}

constexpr auto kUnwatched = GateTrial::Watch::kNo;

constexpr Check kChecks[] = {
    {"NeverGrantsMoreThanThereIs", on_gate_trial<never_grants_more_than_there_is, kUnwatched>},
    {"TheLastOneIsGrantedOnce", on_gate_trial<the_last_one_is_granted_once, kUnwatched>},
    {"OneUserWhoAsksTwiceAtOnceGetsOne",
     on_gate_trial<one_user_who_asks_twice_at_once_gets_one, kUnwatched>},
    {"CallsThatAskForTheSameUsersAtOnceShareThem",
     on_gate_trial<calls_that_ask_for_the_same_users_at_once_share_them, kUnwatched>},
    {"TheSameRequestAtOnceTakesOne", on_gate_trial<the_same_request_at_once_takes_one, kUnwatched>},
    {"WhatComesBackTwiceAtOnceComesBackOnce",
     on_gate_trial<what_comes_back_twice_at_once_comes_back_once, kUnwatched>},
    {"NothingIsGrantedToTwoWhileMuchComesBack",
     on_gate_trial<nothing_is_granted_to_two_while_much_comes_back, kUnwatched>},
    {"IsDestroyedCleanlyAfterUse", is_destroyed_cleanly_after_use},
};

}  // namespace

std::span<const Check> gate_race_checks() { return kChecks; }

}  // namespace stampede::check
