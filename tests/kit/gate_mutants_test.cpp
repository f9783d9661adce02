// Gates that are broken on purpose, each in one way, and the promises by which the checks find them
// out. A check that finds nothing here would find nothing in a real gate.

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "experiments/check/gate_checks.hpp"
#include "tests/kit/mutants/gates.hpp"

namespace stampede::kit {
namespace {

struct Case {
  const char* name;
  std::unique_ptr<Gate> (*make)();
  const char* promise;  // That it breaks.
};

std::ostream& operator<<(std::ostream& out, const Case& mutant) {
  return out << mutant.name << " breaks " << mutant.promise;
}

template <typename Mutant>
std::unique_ptr<Gate> make() {
  return std::make_unique<Mutant>();
}

constexpr Case kCases[] = {
    {"OneTooMany", with<OneTooMany>, "NeverGrantsMoreThanThereIs"},
    {"OneTooMany", with<OneTooMany>, "TheLastOneIsGrantedOnce"},
    {"OneTooMany", with<OneTooMany>, "LoadedWithNothingLeftIsSoldOutNotClosed"},
    {"OneTooMany", with<OneTooMany>, "NothingIsGrantedToTwoWhileMuchComesBack"},
    {"WithoutUsers", with<WithoutUsers>, "GivesAUserACouponOnce"},
    {"WithoutUsers", with<WithoutUsers>, "OneUserWhoAsksTwiceAtOnceGetsOne"},
    {"WithoutUsers", with<WithoutUsers>, "CallsThatAskForTheSameUsersAtOnceShareThem"},
    {"WithoutRequests", with<WithoutRequests>, "ARepeatedRequestIsGrantedAgainAndTakesNothing"},
    {"WithoutRequests", with<WithoutRequests>, "GivesAProductByRequest"},
    {"WithoutRequests", with<WithoutRequests>, "TheSameRequestAtOnceTakesOne"},
    {"GivesBackTwice", with<GivesBackTwice>, "GrantsAgainWhatWasReturned"},
    {"GivesBackTwice", with<GivesBackTwice>, "SettlesOnceAndOnlyTheRequestThatWasGranted"},
    {"GivesBackTwice", with<GivesBackTwice>, "SettlesManyInOneCall"},
    {"GivesBackTwice", with<GivesBackTwice>, "WhatComesBackTwiceAtOnceComesBackOnce"},
    {"GivesBackOne", with<GivesBackOne>, "GivesAProductByRequest"},
    {"SettlesAnyRequest", with<SettlesAnyRequest>, "SettlesOnceAndOnlyTheRequestThatWasGranted"},
    {"LoadsWithoutPending", with<LoadsWithoutPending>, "KeepsWhatIsPendingWhenItIsLoadedAgain"},
    {"LoadsWithoutPending", with<LoadsWithoutPending>, "AGrantIsNotLostWhileItIsLoaded"},
    {"LoadsPendingForNothing", with<LoadsPendingForNothing>,
     "KeepsWhatIsPendingWhenItIsLoadedAgain"},
    {"LoadsBelowNothing", with<LoadsBelowNothing>, "LoadedWithLessThanIsPendingItHasNothingLeft"},
    {"RemembersForEver", with<RemembersForEver>, "OpensWithExactlyWhatItIsTold"},
    {"LooksBeforeItTakes", make<LooksBeforeItTakes>, "TheLastOneIsGrantedOnce"},
    {"RemembersTooLate", make<RemembersTooLate>, "OneUserWhoAsksTwiceAtOnceGetsOne"},
    {"RemembersTooLate", make<RemembersTooLate>, "TheSameRequestAtOnceTakesOne"},
    {"LoadsInPieces", make<LoadsInPieces>, "TwoLoadsAtOnceLeaveWhatOneOfThemSays"},
    {"OpensAlthoughOvertaken", make<OpensAlthoughOvertaken>, "ALoadAndACloseAtOnceLeaveOneOfThem"},
    {"NeverCloses", make<NeverCloses>, "IsClosedUntilLoadedAndAfterClose"},
    {"NeverCloses", make<NeverCloses>, "NothingIsGrantedAfterClose"},
    {"ForgetsPendingWhenItCloses", make<ForgetsPendingWhenItCloses>, "WhatIsPendingOutlastsAClose"},
    {"ForgetsPendingWhenItCloses", make<ForgetsPendingWhenItCloses>,
     "AGrantIsNotLostWhileItIsLoaded"},
    {"MixesUpCoupons", make<MixesUpCoupons>, "KeepsResourcesApart"},
    {"SellsOutWholeCalls", make<SellsOutWholeCalls>, "DecidesEachClaimOfACallOnItsOwn"},
    {"TakesAndSaysTooLate", make<TakesAndSaysTooLate>,
     "ACallThatComesTooLateIsAnsweredAtOnceAndTruly"},
    {"ListsTheNewestFirst", make<ListsTheNewestFirst>, "ListsTheOldestFirst"},
    {"ListsWithoutAge", make<ListsWithoutAge>, "ListsWhatIsPendingUntilItIsSettled"},
    {"CutsRequests", make<CutsRequests>, "WhatIsPendingComesBackWhole"},
    {"TakesSomeHolders", make<TakesSomeHolders>, "RemembersTheHoldersItWasLoadedWith"},
    {"CountsNothing", make<CountsNothing>, "CountsWhatItAnswered"},
    {"SharesNothing", make<SharesNothing>, "InstancesShareWhatTheyKnow"},
    {"SharesNothing", make<SharesNothing>, "WhatAnInstanceWasGrantedOutlivesIt"},
    {"LeavesAGateThread", make<LeavesAGateThread>, "IsDestroyedCleanlyAfterUse"},
};

check::Report put(const char* promise, std::unique_ptr<Gate> (*make_gate)()) {
  const check::Subject subject{.make_gate = make_gate, .patience = std::chrono::milliseconds(400)};
  return check::run(check::check_of(promise, check::gate_checks()), subject);
}

class BrokenGate : public testing::TestWithParam<Case> {};

TEST_P(BrokenGate, IsFoundOut) {
  const auto report = put(GetParam().promise, GetParam().make);
  EXPECT_NE(report.broken, "") << report.not_applicable << report.history;
}

// The same gate, without a fault: what is found is the fault alone.
TEST_P(BrokenGate, KeptThePromiseBefore) {
  const auto report = put(GetParam().promise, with<Hall>);
  EXPECT_EQ(report.broken, "") << report.history;
}

INSTANTIATE_TEST_SUITE_P(Every, BrokenGate, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& about) {
                           return std::string(about.param.name) + "_breaks_" + about.param.promise;
                         });

TEST(BrokenGates, AreFoundOutWithAHistory) {
  const auto report = put("GivesAUserACouponOnce", with<WithoutUsers>);
  EXPECT_NE(report.broken.find("the claim of coupon 1 for user 1 by request \"b\" should be "
                               "answered \"has one already\", not \"granted\""),
            std::string::npos)
      << report.broken;
  EXPECT_NE(report.history.find("is asked for coupon 1 for user 1 by request \"b\": granted"),
            std::string::npos)
      << report.history;
}

// No promise that no mutant breaks: it might be a check that never finds anything.
TEST(BrokenGates, BreakEveryPromiseAmongThem) {
  for (const auto group : check::gate_checks()) {
    for (const auto& check : group) {
      const bool is_broken = std::ranges::any_of(kCases, [&](const Case& mutant) {
        return std::string_view(mutant.promise) == check.promise;
      });
      EXPECT_TRUE(is_broken) << check.promise;
    }
  }
}

}  // namespace
}  // namespace stampede::kit
