#include <exception>
#include <stdexcept>

#include "experiments/check/lock_sale.hpp"

namespace stampede::check {
namespace {

std::string counted(const char* what, int times) {
  return std::string(what) + " ran " + std::to_string(times) + " times";
}

Findings a_refusal_changes_nothing_and_is_final(const Subject& subject) {
  const auto refusal = Outcome::refuse(RefusalCode::kCouponNotActive);
  Sale sale(subject);
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.at_the_end = [&] { return refusal; };
  const auto outcome = run(*sale.strategy, *sale.store, purchase).outcome;
  Findings findings;
  findings.expect(outcome == refusal, "the answer is not the refusal: " + show(outcome));
  findings.expect(purchase.work_runs() == 1, counted("the work", purchase.work_runs()));
  findings.add(sale.changes());
  sale.expect_free(findings);
  return findings;
}

Findings a_refusal_by_guarded_ends_it(const Subject& subject) {
  const auto refusal = Outcome::refuse(RefusalCode::kPaymentDeclined);
  Sale sale(subject);
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.in_guarded = [&] { return refusal; };
  const auto outcome = run(*sale.strategy, *sale.store, purchase).outcome;
  Findings findings;
  findings.expect(outcome == refusal, "the answer is not the refusal: " + show(outcome));
  findings.expect(purchase.guarded_runs() == 1, counted("guarded", purchase.guarded_runs()));
  findings.expect(purchase.work_runs() == 0, counted("the work", purchase.work_runs()));
  findings.add(sale.changes());
  sale.expect_free(findings);
  return findings;
}

// A conflict reported by guarded() is none that running the work again could solve.
Findings an_error_of_guarded_ends_it(const Subject& subject) {
  Findings findings;
  for (const auto code : {ErrorCode::kUnavailable, ErrorCode::kConflict}) {
    Sale sale(subject);
    Purchase purchase(1, kAda, {{kTea, 1}});
    purchase.in_guarded = [&] { return fail(code, "no payment today"); };
    const auto outcome = run(*sale.strategy, *sale.store, purchase).outcome;
    findings.expect(!outcome && outcome.error().code == code,
                    "the answer is not the error: " + show(outcome));
    findings.expect(purchase.guarded_runs() == 1, counted("guarded", purchase.guarded_runs()));
    findings.expect(purchase.work_runs() == 0, counted("the work", purchase.work_runs()));
    findings.add(sale.changes());
    sale.expect_free(findings);
  }
  return findings;
}

Findings an_error_of_the_work_changes_nothing_and_releases(const Subject& subject) {
  Sale sale(subject);
  Purchase purchase(1, kAda, {{kTea, 1}});
  purchase.at_the_end = [] { return fail(ErrorCode::kInvalid, "the work gives up"); };
  const auto outcome = run(*sale.strategy, *sale.store, purchase).outcome;
  Findings findings;
  findings.expect(!outcome && outcome.error().code == ErrorCode::kInvalid,
                  "the answer is not the error: " + show(outcome));
  findings.expect(purchase.work_runs() == 1, counted("the work", purchase.work_runs()));
  findings.add(sale.changes());
  sale.expect_free(findings);
  return findings;
}

// It may arrive as an exception or as an error; either way it leaves nothing behind.
Findings an_exception_changes_nothing_and_releases(const Subject& subject) {
  const auto throws = []() -> Result<Outcome> { throw std::runtime_error("a bug"); };
  Findings findings;
  for (const bool from_guarded : {true, false}) {
    Sale sale(subject);
    Purchase purchase(1, kAda, {{kTea, 1}});
    (from_guarded ? purchase.in_guarded : purchase.at_the_end) = throws;
    try {
      const auto outcome = run(*sale.strategy, *sale.store, purchase).outcome;
      findings.expect(!outcome, "answered " + show(outcome));
    } catch (const std::runtime_error&) {
      findings.expect(true, "");
    }
    findings.add(sale.changes());
    sale.expect_free(findings);
  }
  return findings;
}

// The work is made to conflict where that is possible: a competitor writes what the first run of
// the work has read, past any lock except one in the store itself.
Findings guarded_runs_once_and_before_the_work(const Subject& subject) {
  Sale sale(subject);
  Deposit competitor(2, kAda, Money{5});
  Purchase purchase(1, kAda, {{kTea, 1}});
  int work_runs_before_guarded = -1;
  purchase.in_guarded = [&]() -> Result<Outcome> {
    work_runs_before_guarded = purchase.work_runs();
    return Outcome::commit();
  };
  Findings findings;
  std::size_t announced = 1;
  purchase.between = [&](int number) {
    if (number > 1) return;
    const auto outcome = compete(*sale.store, competitor);
    const bool kept_out = !outcome && outcome.error().code == ErrorCode::kLockTimeout;
    if (!kept_out) findings.expect_committed(outcome, "the competitor");
    announced = kept_out ? 1 : 2;
  };
  const auto made = run(*sale.strategy, *sale.store, purchase);
  findings.expect_committed(made.outcome, "the purchase");
  findings.expect(purchase.guarded_runs() == 1, counted("guarded", purchase.guarded_runs()));
  findings.expect(work_runs_before_guarded == 0, "guarded did not run before the work");
  findings.expect(static_cast<int>(made.phases.attempts) == purchase.work_runs(),
                  counted("the work", purchase.work_runs()) + ", but " +
                      std::to_string(made.phases.attempts) + " attempts are reported");
  findings.expect(Books::of(*sale.store).outbox.size() == announced, "not announced once each");
  return findings;
}

Findings phases_add_up(const Subject& subject) {
  Sale sale(subject);
  Purchase purchase(1, kAda, {{kTea, 1}});
  const auto started = Clock::now();
  const auto made = run(*sale.strategy, *sale.store, purchase);
  const auto elapsed = Clock::now() - started;
  Findings findings;
  findings.expect_committed(made.outcome, "the purchase");
  findings.expect(made.phases.attempts == 1, "attempts are not 1");
  std::chrono::nanoseconds sum{0};
  for (std::size_t phase = 0; phase < kPhaseCount; ++phase) {
    sum += made.phases.spent(static_cast<Phase>(phase));
  }
  findings.expect(sum > std::chrono::nanoseconds(0), "no phase was filled");
  findings.expect(sum <= elapsed, "the phases are longer than the whole");
  findings.expect(made.phases.lock_hold <= elapsed, "the lock was held longer than the whole");
  return findings;
}

constexpr Check kChecks[] = {
    {"ARefusalChangesNothingAndIsFinal", a_refusal_changes_nothing_and_is_final},
    {"ARefusalByGuardedEndsIt", a_refusal_by_guarded_ends_it},
    {"AnErrorOfGuardedEndsIt", an_error_of_guarded_ends_it},
    {"AnErrorOfTheWorkChangesNothingAndReleases",
     an_error_of_the_work_changes_nothing_and_releases},
    {"AnExceptionChangesNothingAndReleases", an_exception_changes_nothing_and_releases},
    {"GuardedRunsOnceAndBeforeTheWork", guarded_runs_once_and_before_the_work},
    {"PhasesAddUp", phases_add_up},
};

}  // namespace

std::span<const Check> protocol_checks() { return kChecks; }

}  // namespace stampede::check
