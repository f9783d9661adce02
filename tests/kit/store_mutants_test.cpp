// Stores that are broken on purpose, each in one way, and the promises by which the checks find
// them out.

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "experiments/check/store_checks.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/kit/mutants/saga_stores.hpp"

namespace stampede::kit {
namespace {

struct Case {
  const char* name;
  std::unique_ptr<Store> (*breaks)(std::unique_ptr<Store>);
  const char* promise;  // That it breaks.
};

std::ostream& operator<<(std::ostream& out, const Case& mutant) {
  return out << mutant.name << " breaks " << mutant.promise;
}

template <typename Mutant>
std::unique_ptr<Store> broken(std::unique_ptr<Store> store) {
  return std::make_unique<Mutant>(std::move(store));
}

constexpr Case kCases[] = {
    {"DropsTheVersionCheck", broken<DropsTheVersionCheck>,
     "TheVersionedFormConflictsWhateverIsLeft"},
    {"DropsTheVersionCheck", broken<DropsTheVersionCheck>,
     "AUsedCouponConflictsInTheVersionedForm"},
    {"WritesBlindly", broken<WritesBlindly>, "TheAtomicFormRefusesWhatTheRivalTook"},
    {"WritesBlindly", broken<WritesBlindly>, "ACreditNeverLosesARivalsDebitInTheAtomicForm"},
    {"WritesBlindly", broken<WritesBlindly>, "TheLastCouponIsRefusedAtCommit"},
    {"WritesBlindly", broken<WritesBlindly>, "ASecondGrantIsRefusedOnlyByTheAtomicForm"},
    {"WritesBlindly", broken<WritesBlindly>, "TheAtomicFormOrdersACartOnlyOnce"},
    {"ChecksTooMuch", broken<ChecksTooMuch>, "TheReadThenWriteFormLosesTheRivalsUpdate"},
    {"RunsWhatItDoesNotSupport", broken<RunsWhatItDoesNotSupport>,
     "RefusesFormsThatItDoesNotSupport"},
    {"DropsEvents", broken<DropsEvents>, "NumbersTheOutboxInCommitOrder"},
    {"ForgetsKeys", broken<ForgetsKeys>, "RefusesTheSameKeyTwice"},
    {"GrantsEverything", broken<GrantsEverything>, "SaysNoWithoutRecordingWhenTheReadAlreadyTells"},
    {"ChecksTheBalanceAfterTheTake", broken<ChecksTheBalanceAfterTheTake>,
     "ASetThatFailsOnALaterCommandChangesNothing"},
    {"ReadsFromAStaleCache", broken<ReadsFromAStaleCache>, "CountsTwoTakesOfOneReading"},
    {"CommitsWhatWorkRefused", broken<CommitsWhatWorkRefused>,
     "ChangesNothingWhenWorkRefusesOrFails"},
    {"RetriesByItself", broken<RetriesByItself>, "TheVersionedFormConflictsWhateverIsLeft"},
    {"CountsNoAttempts", broken<CountsNoAttempts>, "CountsAttemptsAndTimesThePhases"},
    {"IgnoresFences", broken<IgnoresFences>, "AStaleFenceIsRefusedAndChangesNothing"},
    {"GrantsWholeBatches", broken<GrantsWholeBatches>, "ABatchDecidesEachPlacementOnItsOwn"},
    {"SeedsInPart", broken<SeedsInPart>, "RefusesASecondSeedAndOneThatContradictsItself"},
    {"BreaksTheOrderOfTheOutbox", broken<BreaksTheOrderOfTheOutbox>,
     "NumbersTheOutboxInCommitOrder"},
    {"SkipsARowBetweenPages", broken<SkipsARowBetweenPages>, "ReadsEverythingByCursorInKeyOrder"},
    {"CountsOnlyThePage", broken<CountsOnlyThePage>, "ListsOrdersNewestFirst"},
    {"WritesBlindly", broken<WritesBlindly>, "TheAtomicFormReturnsStockToWhatIsLeft"},
    {"DropsTheVersionCheck", broken<DropsTheVersionCheck>,
     "TheVersionedFormConflictsOverReturnedStock"},
    {"ChecksTooMuch", broken<ChecksTooMuch>, "TheReadThenWriteFormReturnsStockOverTheRivalsTake"},
    {"CommitsWhatWorkRefused", broken<CommitsWhatWorkRefused>,
     "LeavesNothingOfASagaThatWasRolledBack"},
    {"RetriesByItself", broken<RetriesByItself>, "OfTwoRelaysOneTakesTheCursor"},
    {"ReceivesEverything", broken<ReceivesEverything>, "ReceivesAnEventOnlyOnce"},
    {"ReceivesEverything", broken<ReceivesEverything>, "AnEventThatComesTwiceAtOnceIsReceivedOnce"},
    {"ReceivesEverything", broken<ReceivesEverything>, "TwoThreadsReceiveAnEventOnce"},
    {"ReceivesEverything", broken<ReceivesEverything>,
     "AnEventReceivedByAnotherGoesBeforeWhatIsSoldOut"},
    {"WritesStepsBlindly", broken<WritesStepsBlindly>, "OfTwoThatWriteASagaStepOneWins"},
    {"WritesStepsBlindly", broken<WritesStepsBlindly>, "RefusesSagaStepsOfAnotherVersion"},
    {"WritesStepsBlindly", broken<WritesStepsBlindly>, "OfTwoRelaysOneTakesTheCursor"},
    {"FinishesWhatIsFinal", broken<FinishesWhatIsFinal>, "OfTwoThatFinishAnOrderOneWins"},
    {"FinishesWhatIsFinal", broken<FinishesWhatIsFinal>, "FinishesAnOrderForGood"},
    {"ForgetsWhyAnOrderFailed", broken<ForgetsWhyAnOrderFailed>, "FinishesAnOrderForGood"},
    {"SkipsAStepBetweenPages", broken<SkipsAStepBetweenPages>, "ReadsSagaStepsByCursorInKeyOrder"},
};

class BrokenStore : public testing::TestWithParam<Case> {
 protected:
  test::Workshop workshop_;
};

TEST_P(BrokenStore, IsFoundOut) {
  const auto& mutant = GetParam();
  const check::Subject subject{
      .make_store = [&] { return mutant.breaks(workshop_.store("memory")); }};
  const auto report = check::run(check::check_of(mutant.promise, check::store_checks()), subject);
  EXPECT_NE(report.broken, "") << report.history;
}

// The same store, without the fault: the check is red for the fault alone.
TEST(PlacingBatches, OneByOneKeepsThePromise) {
  test::Workshop workshop;
  const check::Subject subject{
      .make_store = [&] { return broken<PlacesBatches<false>>(workshop.store("memory")); }};
  const auto report = check::run(
      check::check_of("ABatchDecidesEachPlacementOnItsOwn", check::store_checks()), subject);
  EXPECT_EQ(report.broken, "") << report.history;
  EXPECT_EQ(report.not_applicable, "");
}

INSTANTIATE_TEST_SUITE_P(Every, BrokenStore, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& about) {
                           return std::string(about.param.name) + "_breaks_" + about.param.promise;
                         });

}  // namespace
}  // namespace stampede::kit
