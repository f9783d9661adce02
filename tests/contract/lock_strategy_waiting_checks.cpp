#include <atomic>
#include <future>
#include <optional>

#include "tests/contract/lock_strategy_sale.hpp"

namespace stampede::test {
namespace {

bool is_timeout(const Result<Outcome>& outcome) {
  return !outcome && (outcome.error().code == ErrorCode::kLockTimeout ||
                      outcome.error().code == ErrorCode::kPoolTimeout ||
                      outcome.error().code == ErrorCode::kTimeout);
}

// An operation of Ada's that stands still inside guarded(), holding whatever lock there is, until
// it is let go.
class Standstill {
 public:
  explicit Standstill(Sale& sale) : purchase_(1, kAda, {{kTea, 1}}) {
    purchase_.in_guarded = [this]() -> Result<Outcome> {
      arrived_.set_value();
      may_go_.get_future().wait();
      return Outcome::commit();
    };
    running_ = std::async(std::launch::async,
                          [this, &sale] { return run(*sale.strategy, *sale.store, purchase_); });
    arrived_.get_future().wait();
  }
  ~Standstill() { finish(); }
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  const Execution& finish() {
    if (!made_) {
      may_go_.set_value();
      made_ = running_.get();
    }
    return *made_;
  }

 private:
  Purchase purchase_;
  std::promise<void> arrived_;
  std::promise<void> may_go_;
  std::future<Execution> running_;
  std::optional<Execution> made_;
};

std::string nobody_waits_for_a_lock_beyond_the_deadline(const Subject& subject) {
  Sale sale(subject);
  Findings findings;
  Purchase late(2, kAda, {{kTea, 1}});
  Standstill holder(sale);
  auto waiting = std::async(std::launch::async,
                            [&] { return run(*sale.strategy, *sale.store, late, kBrief); });
  if (waiting.wait_for(subject.patience) != std::future_status::ready) {
    findings.expect(false, "an operation waited beyond its deadline");
  }
  findings.expect_committed(holder.finish().outcome, "the holder");
  const auto made = waiting.get();
  std::size_t acknowledged = 1;
  if (made.outcome) {
    ++acknowledged;
  } else {
    const auto answer = Findings::describe(made.outcome);
    findings.expect(is_timeout(made.outcome), "a wait that was too long is reported as " + answer);
    if (made.outcome.error().code == ErrorCode::kLockTimeout) {
      findings.expect(late.guarded_runs() + late.work_runs() == 0, "it was begun without the lock");
      findings.expect(made.phases.spent(Phase::kLock) >= kBrief / 2,
                      "the wait is not in the phases");
      findings.expect(answer.find("waited") != std::string::npos,
                      "does not say how long: " + answer);
    }
  }
  findings.add(sale.contradictions_after(acknowledged));
  sale.expect_free(findings);
  return findings.text();
}

std::string a_request_that_comes_too_late_is_not_begun(const Subject& subject) {
  Sale sale(subject);
  Purchase purchase(1, kAda, {{kTea, 1}});
  const auto outcome = run(*sale.strategy, *sale.store, purchase, std::chrono::seconds(-1)).outcome;
  Findings findings;
  findings.expect(is_timeout(outcome), "answered " + Findings::describe(outcome));
  findings.expect(purchase.guarded_runs() == 0, "guarded was run");
  findings.add(sale.changes());
  sale.expect_free(findings);
  return findings.text();
}

// A competitor changes what the work has read, in each of its runs, past any lock except one in the
// store itself.
std::string retries_end_at_the_deadline(const Subject& subject) {
  Sale sale(subject);
  std::atomic<bool> compete = true;
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.between = [&](int number) {
    if (!compete) return;
    Deposit competitor(static_cast<std::uint64_t>(number) + 1, kAda, Money{5});
    const auto ignored = stampede::test::compete(*sale.store, competitor);
    static_cast<void>(ignored);
  };
  auto running = std::async(std::launch::async,
                            [&] { return run(*sale.strategy, *sale.store, purchase, kBrief * 4); });
  Findings findings;
  if (running.wait_for(subject.patience) != std::future_status::ready) {
    findings.expect(false, "an operation was retried beyond its deadline");
  }
  compete = false;
  const auto outcome = running.get().outcome;
  findings.expect(outcome || is_timeout(outcome) || outcome.error().code == ErrorCode::kConflict,
                  "answered " + Findings::describe(outcome));
  return findings.text();
}

std::string nobody_gets_between_a_work_and_its_commit(const Subject& subject) {
  Sale sale(subject);
  Purchase first(1, kAda, {{kTea, 1}});
  Purchase second(2, kAda, {{kCoffee, 1}});
  Intruder intruder(*sale.strategy, *sale.store, second, subject.patience);
  GatedStore gated(*sale.store);
  gated.set_before_commit([&] { intruder.get_in(); });
  Findings findings;
  findings.expect_committed(run(*sale.strategy, gated, first).outcome, "the first");
  findings.expect_committed(intruder.finish(), "the second");
  findings.expect(!intruder.hung(), "the second waited beyond its deadline");
  findings.add(sale.contradictions_after(2));
  return findings.text();
}

std::string the_lock_covers_guarded(const Subject& subject) {
  Sale sale(subject);
  Findings findings;
  Purchase other(2, kAda, {{kTea, 1}});
  Standstill holder(sale);
  const auto made = run(*sale.strategy, *sale.store, other, kBrief);
  findings.expect(!made.outcome && made.outcome.error().code == ErrorCode::kLockTimeout,
                  "was let in while guarded ran: " + Findings::describe(made.outcome));
  findings.expect_committed(holder.finish().outcome, "the holder");
  return findings.text();
}

std::string the_lock_covers_the_answer_of_the_store(const Subject& subject) {
  Sale sale(subject);
  Purchase first(1, kAda, {{kTea, 1}});
  Purchase second(2, kAda, {{kTea, 1}});
  Intruder intruder(*sale.strategy, *sale.store, second, subject.patience);
  GatedStore gated(*sale.store);
  gated.set_before_answer([&] { intruder.get_in(); });
  Findings findings;
  findings.expect_committed(run(*sale.strategy, gated, first).outcome, "the first");
  findings.expect_committed(intruder.finish(), "the second");
  findings.expect(intruder.kept_out(), "was let in before the store had answered");
  return findings.text();
}

// Whoever waits in line finds what the one before has committed, and with its first reads.
std::string the_next_in_line_sees_what_was_committed(const Subject& subject) {
  Findings findings;
  Sale sale(subject);
  Purchase first(1, kAda, {{kTea, 1}});
  Purchase second(2, kAda, {{kTea, 1}});
  Intruder intruder(*sale.strategy, *sale.store, second);
  GatedStore gated(*sale.store);
  gated.set_before_commit([&] { intruder.start(); });
  findings.expect_committed(run(*sale.strategy, gated, first).outcome, "the first");
  findings.expect_committed(intruder.finish(), "the second");
  findings.expect(second.work_runs() == 1, "the second ran more than once");
  findings.expect(second.balance_seen() == sale.before.balance(kAda) - Money{60},
                  "the second did not see the first");
  return findings.text();
}

std::string the_wait_and_the_hold_are_reported(const Subject& subject) {
  Sale sale(subject);
  Findings findings;
  Purchase other(2, kAda, {{kTea, 1}});
  Standstill holder(sale);
  const auto waited = run(*sale.strategy, *sale.store, other, kBrief).phases;
  const auto held = holder.finish().phases;
  findings.expect(waited.spent(Phase::kLock) >= kBrief / 2, "the wait is not in the phases");
  findings.expect(waited.lock_hold == std::chrono::nanoseconds(0), "held what it never got");
  // The holder stood still for as long as the other waited.
  findings.expect(held.lock_hold >= waited.spent(Phase::kLock), "the hold is not reported");
  return findings.text();
}

constexpr Check kLockingChecks[] = {
    {"TheLockCoversGuarded", the_lock_covers_guarded},
    {"TheLockCoversTheAnswerOfTheStore", the_lock_covers_the_answer_of_the_store},
    {"TheNextInLineSeesWhatWasCommitted", the_next_in_line_sees_what_was_committed},
    {"TheWaitAndTheHoldAreReported", the_wait_and_the_hold_are_reported},
};

constexpr Check kChecks[] = {
    {"NobodyWaitsForALockBeyondTheDeadline", nobody_waits_for_a_lock_beyond_the_deadline},
    {"ARequestThatComesTooLateIsNotBegun", a_request_that_comes_too_late_is_not_begun},
    {"RetriesEndAtTheDeadline", retries_end_at_the_deadline},
    {"NobodyGetsBetweenAWorkAndItsCommit", nobody_gets_between_a_work_and_its_commit},
};

}  // namespace

std::span<const Check> waiting_checks() { return kChecks; }
std::span<const Check> locking_checks() { return kLockingChecks; }

const Check& check_of(const std::string& promise) {
  for (const auto checks :
       {business_checks(), protocol_checks(), waiting_checks(), locking_checks()}) {
    for (const auto& check : checks) {
      if (check.promise == promise) return check;
    }
  }
  throw std::out_of_range("no check of " + promise);
}

}  // namespace stampede::test
