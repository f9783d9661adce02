// Rankings that are broken on purpose, each in one way, and the promises by which the checks find
// them out. A check that finds nothing here would find nothing in a real ranking.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "experiments/check/ranking_checks.hpp"
#include "tests/kit/mutants/rankings.hpp"

namespace stampede::kit {
namespace {

struct Case {
  const char* name;
  RankingFault fault;
  const char* promise;  // That it breaks.
};

std::ostream& operator<<(std::ostream& out, const Case& mutant) {
  return out << mutant.name << " breaks " << mutant.promise;
}

constexpr Case kCases[] = {
    {"SpeaksEarly", RankingFault::kSpeaksEarly, "SaysNothingUntilItWasCompleteOnce"},
    {"ForgetsCompleteness", RankingFault::kForgetsCompleteness,
     "SaysNothingUntilItWasCompleteOnce"},
    {"LastIdFirst", RankingFault::kLastIdFirst, "RanksByUnitsAndEqualOnesById"},
    {"ForgetsTheLimit", RankingFault::kForgetsTheLimit, "AnswersNoMoreThanWereAskedFor"},
    {"CountsFromTheMoment", RankingFault::kCountsFromTheMoment, "CountsWholeDays"},
    {"EndsWithToday", RankingFault::kEndsWithToday, "CountsWhatAClockSoldThatIsAhead"},
    {"ForgetsTheYear", RankingFault::kForgetsTheYear, "LooksBackAYear"},
    {"KeepsTheLastStep", RankingFault::kKeepsTheLastStep, "AddsUpOverStepsAndDays"},
    {"TakesAnyStep", RankingFault::kTakesAnyStep, "MakesAStepOnlyFromWhereItStands"},
    {"TakesAnyStep", RankingFault::kTakesAnyStep, "OneOfManyMakesAStep"},
    {"CountsConflicts", RankingFault::kCountsConflicts, "MakesAStepOnlyFromWhereItStands"},
    {"SharesThePlaceOnly", RankingFault::kSharesThePlaceOnly, "InstancesShareWhatTheyKnow"},
    {"LooksBeforeItTakes", RankingFault::kLooksBeforeItTakes, "OneOfManyMakesAStep"},
    {"TakesInPieces", RankingFault::kTakesInPieces, "AStepIsSeenAsAWhole"},
};

check::Report put(const char* promise, RankingFault fault) {
  const auto hall = std::make_shared<RankingHall>();
  const check::Subject subject{.make_ranking = [hall, fault]() -> std::unique_ptr<Ranking> {
    return std::make_unique<BreakableRanking>(hall, fault);
  }};
  return check::run(check::check_of(promise, check::ranking_checks()), subject);
}

class BrokenRanking : public testing::TestWithParam<Case> {};

TEST_P(BrokenRanking, IsFoundOut) {
  const auto report = put(GetParam().promise, GetParam().fault);
  EXPECT_NE(report.broken, "") << report.not_applicable << report.history;
}

// The same ranking, without a fault: what is found is the fault alone.
TEST_P(BrokenRanking, KeptThePromiseBefore) {
  const auto report = put(GetParam().promise, RankingFault::kNone);
  EXPECT_EQ(report.broken, "") << report.history;
  EXPECT_EQ(report.not_applicable, "");
}

INSTANTIATE_TEST_SUITE_P(Every, BrokenRanking, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& about) {
                           return std::string(about.param.name) + "_breaks_" + about.param.promise;
                         });

TEST(BrokenRankings, AreFoundOutWithAHistory) {
  const auto report = put("RanksByUnitsAndEqualOnesById", RankingFault::kLastIdFirst);
  EXPECT_NE(
      report.broken.find("the best should be 5 of product 9, 3 of product 2, 3 of product 10"),
      std::string::npos)
      << report.broken;
  EXPECT_NE(report.history.find("a step from nothing to 9, complete, with 3 of product 10"),
            std::string::npos)
      << report.history;
}

// No promise that no mutant breaks: it might be a check that never finds anything.
TEST(BrokenRankings, BreakEveryPromiseAmongThem) {
  for (const auto group : check::ranking_checks()) {
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
