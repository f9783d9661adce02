// Claims: each word of the rule, at its borders.

#include "experiments/stats/claim.hpp"

#include <gtest/gtest.h>

namespace stampede::stats {
namespace {

Comparison measured(double ratio, double low, double high) {
  Comparison comparison;
  comparison.ratio = ratio;
  comparison.interval = Interval{low, high};
  comparison.pairs = 6;
  comparison.answer = low > 1 ? Answer::kHigher : high < 1 ? Answer::kLower : Answer::kUnclear;
  return comparison;
}

Finding finding(Evidence evidence, double before, double after, const Comparison& comparison) {
  return judge(claim_of(evidence, before, after), comparison).finding;
}

TEST(MeasuredClaims, AreReproducedByFourFifthsOfTheEffect) {
  // Four times claimed: 80 % on the log scale is 4^0.8 = 3.03.
  EXPECT_EQ(finding(Evidence::kMeasured, 10, 40, measured(3.04, 2, 5)), Finding::kReproduced);
  EXPECT_EQ(finding(Evidence::kMeasured, 10, 40, measured(3.02, 2, 5)), Finding::kWeaker);
  EXPECT_EQ(finding(Evidence::kMeasured, 10, 40, measured(9, 8, 10)), Finding::kReproduced);
}

TEST(MeasuredClaims, AreNotReproducedByAnUnclearChangeAndContradictedByTheOpposite) {
  EXPECT_EQ(finding(Evidence::kMeasured, 10, 40, measured(3, 0.9, 9)), Finding::kNotReproduced);
  EXPECT_EQ(finding(Evidence::kMeasured, 10, 40, measured(0.8, 0.7, 0.9)), Finding::kContradicted);
}

TEST(MeasuredClaims, MayPromiseLess) {
  EXPECT_EQ(finding(Evidence::kMeasured, 404, 131, measured(0.33, 0.3, 0.4)), Finding::kReproduced);
  EXPECT_EQ(finding(Evidence::kMeasured, 404, 131, measured(0.8, 0.7, 0.9)), Finding::kWeaker);
  EXPECT_EQ(finding(Evidence::kMeasured, 404, 131, measured(1.2, 1.1, 1.3)),
            Finding::kContradicted);
}

TEST(OtherClaims, HoldOrDoNotHoldHere) {
  EXPECT_EQ(finding(Evidence::kPredicted, 10, 40, measured(4, 3, 5)), Finding::kHoldsHere);
  EXPECT_EQ(finding(Evidence::kGoal, 10, 40, measured(1.2, 1.1, 1.3)), Finding::kDoesNotHoldHere);
  EXPECT_EQ(finding(Evidence::kFictional, 10, 40, measured(1, 0.5, 2)), Finding::kDoesNotHoldHere);
}

TEST(ClaimsOfNoEffect, NeedAnIntervalThatIsNarrowEnough) {
  EXPECT_EQ(finding(Evidence::kMeasured, 100, 101, measured(1.0, 0.95, 1.05)),
            Finding::kReproduced);
  EXPECT_EQ(finding(Evidence::kMeasured, 100, 100, measured(1.0, 0.5, 2)), Finding::kCannotTell);
  EXPECT_EQ(finding(Evidence::kMeasured, 100, 100, measured(1.5, 1.3, 1.7)),
            Finding::kContradicted);
  EXPECT_EQ(finding(Evidence::kMeasured, 100, 100, measured(1.08, 1.02, 1.15)), Finding::kWeaker);
}

TEST(ClaimsWithoutFigures, AreJudgedByTheirDirection) {
  const Claim falls{Evidence::kGoal, Direction::kLower, std::nullopt};
  EXPECT_EQ(judge(falls, measured(0.9, 0.85, 0.95)).finding, Finding::kHoldsHere);
  EXPECT_EQ(judge(falls, measured(1.1, 1.05, 1.2)).finding, Finding::kDoesNotHoldHere);
}

TEST(Judging, CannotTellWithoutAnInterval) {
  Comparison nothing;
  nothing.reason = "one block has no interval";
  const auto judgement = judge(claim_of(Evidence::kMeasured, 7.54, 25.68), nothing);
  EXPECT_EQ(judgement.finding, Finding::kCannotTell);
  EXPECT_EQ(judgement.because, "claimed 3.41x; one block has no interval");
  EXPECT_EQ(judge(claim_of(Evidence::kGoal, 1, 2), nothing).finding, Finding::kCannotTell);
}

TEST(Judging, GivesTheFigures) {
  EXPECT_EQ(judge(claim_of(Evidence::kMeasured, 7.54, 25.68), measured(9.87, 8.1, 12)).because,
            "claimed 3.41x, measured 9.87x [8.10, 12.00] over 6 blocks");
}

TEST(AuditClaims, CompareBothSidesWithWhatWasDocumented) {
  EXPECT_EQ(judge_audit(Evidence::kMeasured, true, true).finding, Finding::kReproduced);
  EXPECT_EQ(judge_audit(Evidence::kMeasured, false, true).finding, Finding::kNotReproduced);
  EXPECT_EQ(judge_audit(Evidence::kMeasured, false, false).finding, Finding::kContradicted);
  EXPECT_EQ(judge_audit(Evidence::kGoal, true, true).finding, Finding::kHoldsHere);
  EXPECT_EQ(judge_audit(Evidence::kGoal, false, true).finding, Finding::kDoesNotHoldHere);
}

}  // namespace
}  // namespace stampede::stats
