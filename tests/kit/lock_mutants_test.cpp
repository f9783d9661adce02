// Strategies that are broken on purpose, each in one way, and the promises by which the checks find
// them out. A check that finds nothing here would find nothing in a real strategy.

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "experiments/check/lock_checks.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/kit/mutants/locks.hpp"
#include "tests/kit/mutants/retries.hpp"

namespace stampede::kit {
namespace {

struct Case {
  const char* name;
  std::unique_ptr<LockStrategy> (*make)();
  const char* promise;  // That it breaks.
};

std::ostream& operator<<(std::ostream& out, const Case& mutant) {
  return out << mutant.name << " breaks " << mutant.promise;
}

template <typename Strategy>
std::unique_ptr<LockStrategy> make() {
  return std::make_unique<Strategy>();
}

constexpr Case kCases[] = {
    {"ReleasesBeforeCommit", make<ReleasesBeforeCommit>, "NobodyGetsBetweenAWorkAndItsCommit"},
    {"IgnoresTheDeadline", make<IgnoresTheDeadline>, "NobodyWaitsForALockBeyondTheDeadline"},
    {"KeepsTheLockAfterAnError", make<KeepsTheLockAfterAnError>,
     "AnErrorOfTheWorkChangesNothingAndReleases"},
    {"KeepsTheLockAfterAnError", make<KeepsTheLockAfterAnError>, "AnErrorOfGuardedEndsIt"},
    {"KeepsTheLockAfterAnException", make<KeepsTheLockAfterAnException>,
     "AnExceptionChangesNothingAndReleases"},
    {"TakesTheLockAfterGuarded", make<TakesTheLockAfterGuarded>, "TheLockCoversGuarded"},
    {"ReportsNothing", make<TakesTheLockAfterGuarded>, "TheWaitAndTheHoldAreReported"},
    {"ReleasesBeforeCommit", make<ReleasesBeforeCommit>, "TheLockCoversTheAnswerOfTheStore"},
    {"LocksTheWrongThing", make<LocksTheWrongThing>, "NoUpdateOfTheStockIsLost"},
    {"RetriesGuarded", make<Retries<WithGuarded>>, "GuardedRunsOnceAndBeforeTheWork"},
    {"RetriesRefusals", make<Retries<AfterRefusals>>, "ARefusalChangesNothingAndIsFinal"},
    {"RetriesBeyondTheDeadline", make<Retries<BeyondTheDeadline>>, "RetriesEndAtTheDeadline"},
    {"IgnoresConflicts", make<Retries<NeverAndSaysCommitted>>, "NoUpdateOfTheStockIsLost"},
    {"SkipsGuarded", make<SkipsGuarded>, "GuardedRunsOnceAndBeforeTheWork"},
    {"SkipsGuarded", make<SkipsGuarded>, "ARefusalByGuardedEndsIt"},
    {"Unprotected", make<Unprotected>, "NoUpdateOfABalanceIsLost"},
    {"Unprotected", make<Unprotected>, "NobodyGetsBetweenAWorkAndItsCommit"},
    {"Unprotected", make<Unprotected>, "AUserGetsACouponOnce"},
    {"Unprotected", make<Unprotected>, "OrdersThatTheBalanceAllowsOnlyAloneAreNotBothPlaced"},
    {"Unprotected", make<Unprotected>, "ACouponIsUsedOnce"},
    {"DropsAVersionCheck", make<DropsAVersionCheck>, "NoUpdateOfTheStockIsLost"},
    {"SkipsTheWork", make<SkipsTheWork>, "NoUpdateOfABalanceIsLost"},
    {"SkipsTheWork", make<SkipsTheWork>, "NeverSellsMoreThanTheStock"},
    {"IssuesCouponsBlindly", make<IssuesCouponsBlindly>, "NoMoreCouponsAreIssuedThanThereAre"},
    {"ForgetsTheSecondUser", make<ForgetsTheSecondUser>, "NoUpdateOfASecondUsersBalanceIsLost"},
    {"LetsInAtTheDeadline", make<LetsInAtTheDeadline>,
     "AHolderThatPausesBeyondItsDeadlineDoesNoDamage"},
    {"ServesTheLastFirst", make<ServesTheLastFirst>, "NobodyIsOvertakenWithoutEnd"},
    {"LeavesAThread", make<LeavesAThread>, "IsDestroyedCleanlyAfterUse"},
    {"CommitsRefusals", make<CommitsRefusals>, "ARefusalChangesNothingAndIsFinal"},
    {"SaysThatRefusalsCommitted", make<SaysThatRefusalsCommitted>, "TheLastUnitIsSoldOnce"},
    {"CallsALateLockAConflict", make<CallsALateLockAConflict>,
     "NobodyWaitsForALockBeyondTheDeadline"},
    {"BeginsTooLate", make<BeginsTooLate>, "ARequestThatComesTooLateIsNotBegun"},
    {"PublishesTwice", make<Retries<PublishesTwice>>, "AnOperationThatWasRetriedIsAnnouncedOnce"},
    {"DropsEvents", make<Retries<DropsEvents>>, "AnOperationThatWasRetriedIsAnnouncedOnce"},
};

class BrokenStrategy : public testing::TestWithParam<Case> {
 protected:
  test::Workshop workshop_;
};

TEST_P(BrokenStrategy, IsFoundOut) {
  const auto& mutant = GetParam();
  const check::Subject subject{
      .make_strategy = mutant.make,
      .make_store = [&] { return workshop_.store("memory"); },
      .patience = std::chrono::milliseconds(400),
  };
  const auto report = check::run(check::check_of(mutant.promise, check::lock_checks()), subject);
  EXPECT_NE(report.broken, "") << report.not_applicable << report.history;
}

INSTANTIATE_TEST_SUITE_P(Every, BrokenStrategy, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& about) {
                           return std::string(about.param.name) + "_breaks_" + about.param.promise;
                         });

}  // namespace
}  // namespace stampede::kit
