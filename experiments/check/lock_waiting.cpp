#include <atomic>
#include <future>

#include "experiments/check/lock_sale.hpp"

namespace stampede::check {
namespace {

bool is_timeout(const Result<Outcome>& outcome) {
  return !outcome && (outcome.error().code == ErrorCode::kLockTimeout ||
                      outcome.error().code == ErrorCode::kPoolTimeout ||
                      outcome.error().code == ErrorCode::kTimeout);
}

// The holder stands still at a point where it has whatever lock there is.
void wait_in_vain(const Subject& subject, Standstill::Point point, Findings& findings) {
  Sale sale(subject);
  Purchase first(1, kAda, {{kTea, 1}});
  Purchase late(2, kAda, {{kTea, 1}});
  Standstill holder(*sale.strategy, *sale.store, first, point);
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
    const auto answer = show(made.outcome);
    findings.expect(is_timeout(made.outcome), "a wait that was too long is reported as " + answer);
    if (made.outcome.error().code == ErrorCode::kLockTimeout) {
      const bool in_the_store = watched(*sale.store)->was_asked_for_locks();
      findings.expect(in_the_store || late.guarded_runs() + late.work_runs() == 0,
                      "it was begun without the lock");
      // Of a lock in the store only the wait itself counts, and the way there took some of the
      // time.
      const auto least = in_the_store ? std::chrono::nanoseconds(1) : kBrief / 2;
      findings.expect(made.phases.spent(Phase::kLock) >= least, "the wait is not in the phases");
      findings.expect(answer.find("waited") != std::string::npos,
                      "does not say how long: " + answer);
    }
  }
  findings.add(sale.contradictions_after(acknowledged));
  sale.expect_free(findings);
}

Findings nobody_waits_for_a_lock_beyond_the_deadline(const Subject& subject) {
  Findings findings;
  for (const auto point : {Standstill::Point::kGuarded, Standstill::Point::kWork}) {
    wait_in_vain(subject, point, findings);
  }
  return findings;
}

Findings a_request_that_comes_too_late_is_not_begun(const Subject& subject) {
  Sale sale(subject);
  Purchase purchase(1, kAda, {{kTea, 1}});
  const auto outcome = run(*sale.strategy, *sale.store, purchase, std::chrono::seconds(-1)).outcome;
  Findings findings;
  findings.expect(is_timeout(outcome), "answered " + show(outcome));
  findings.expect(purchase.guarded_runs() == 0, "guarded was run");
  findings.add(sale.changes());
  sale.expect_free(findings);
  return findings;
}

// A competitor changes what the work has read, in each of its runs, past any lock except one in the
// store itself. Answers whether the first run came to its end within the time limit, so that there
// was something to retry.
bool retry_until(const Subject& subject, std::chrono::nanoseconds time_limit, Findings& findings) {
  Sale sale(subject);
  std::atomic<bool> keeps_coming = true;
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.between = [&](int number) {
    if (!keeps_coming) return;
    Deposit competitor(static_cast<std::uint64_t>(number) + 1, kAda, Money{5});
    const auto ignored = compete(*sale.store, competitor);
    static_cast<void>(ignored);
  };
  auto running = std::async(std::launch::async,
                            [&] { return run(*sale.strategy, *sale.store, purchase, time_limit); });
  if (running.wait_for(time_limit + subject.patience) != std::future_status::ready) {
    findings.expect(false, "an operation was retried beyond its deadline");
  }
  keeps_coming = false;
  const auto outcome = running.get().outcome;
  findings.expect(outcome || is_timeout(outcome) || outcome.error().code == ErrorCode::kConflict,
                  "answered " + show(outcome));
  return !is_timeout(outcome) || purchase.work_runs() > 1;
}

Findings retries_end_at_the_deadline(const Subject& subject) {
  Findings findings;
  // On a busy machine the time may be over before anything could be retried.
  for (auto limit = kBrief * 4; limit < kPatience; limit *= 4) {
    if (retry_until(subject, limit, findings)) break;
  }
  return findings;
}

// The holder's own deadline passes in the middle of its work. It may still commit; if others were
// let in by then, the books show it.
Findings a_holder_that_pauses_beyond_its_deadline_does_no_damage(const Subject& subject) {
  Sale sale(subject);
  Purchase first(1, kAda, {{kTea, 1}});
  Purchase second(2, kAda, {{kTea, 1}});
  Result<Outcome> kept_out = Outcome::commit();
  first.between = [&](int run_number) {
    if (run_number > 1) return;
    kept_out = std::async(std::launch::async, [&] {
                 return run(*sale.strategy, *sale.store, second, kBrief * 4).outcome;
               }).get();
  };
  const auto outcome = run(*sale.strategy, *sale.store, first, kBrief).outcome;
  Findings findings;
  findings.expect(outcome || is_timeout(outcome) || outcome.error().code == ErrorCode::kConflict ||
                      outcome.error().code == ErrorCode::kLeaseLost,
                  "the holder: " + show(outcome));
  std::size_t acknowledged = 0;
  for (const auto& answer : {outcome, kept_out}) {
    if (answer && answer->committed()) ++acknowledged;
  }
  findings.add(sale.contradictions_after(acknowledged));
  sale.expect_free(findings);
  return findings;
}

constexpr Check kChecks[] = {
    {"NobodyWaitsForALockBeyondTheDeadline", nobody_waits_for_a_lock_beyond_the_deadline},
    {"ARequestThatComesTooLateIsNotBegun", a_request_that_comes_too_late_is_not_begun},
    {"RetriesEndAtTheDeadline", retries_end_at_the_deadline},
    {"AHolderThatPausesBeyondItsDeadlineDoesNoDamage",
     a_holder_that_pauses_beyond_its_deadline_does_no_damage},
};

}  // namespace

std::span<const Check> waiting_checks() { return kChecks; }
}  // namespace stampede::check
