#include "experiments/plan/documented.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

Documented documented(const std::string& yaml, std::string expected_faults = "") {
  config::Faults faults;
  auto result = read_documented(parsed(yaml), "documented", faults);
  EXPECT_EQ(config::describe(faults), expected_faults);
  return result;
}

TEST(DocumentedClaims, AreReadWithFiguresDurationsAndDirections) {
  const auto tps = documented(
      "{source: S2, evidence: measured, metric: tps, before: 7.54, after: 25.68, note: x}");
  EXPECT_NEAR(*tps.claim->ratio, 3.406, 0.001);
  EXPECT_EQ(tps.claim->direction, stats::Direction::kHigher);
  const auto p95 =
      documented("{source: S2, evidence: measured, metric: p95, before: 404ms, after: 131ms}");
  EXPECT_EQ(p95.claim->direction, stats::Direction::kLower);
  const auto goal = documented("{source: S3, evidence: goal, metric: p95, direction: lower}");
  EXPECT_FALSE(goal.claim->ratio);
  EXPECT_FALSE(documented("{source: S3, evidence: goal, metric: tps}").claim);
}

TEST(DocumentedClaims, MayBeAboutAudits) {
  const auto claim =
      documented("{source: S3, evidence: goal, metric: audit.oversold, before: fail, after: pass}");
  EXPECT_EQ(audit_of(claim.metric), "oversold");
  EXPECT_EQ(claim.audit_before, AuditState::kFail);
  EXPECT_EQ(claim.audit_after, AuditState::kPass);
}

TEST(DocumentedClaims, ReportEveryFault) {
  documented("evidence: mesured\nmetric: p96\nbefore: fast\nafter: 3\nwho: me\n",
             "x.yaml:1: documented.source: is missing\n"
             "x.yaml:1: documented.evidence: expected \"measured\", \"predicted\", \"goal\" or "
             "\"fictional\", got \"mesured\"; did you mean \"measured\"?\n"
             "x.yaml:2: documented.metric: expected \"tps\", \"rps\", \"p50\", \"p90\", \"p95\", "
             "\"p99\", \"p99.9\", \"mean\", \"error_rate\", \"refusal_rate\", \"cpu_per_order\", "
             "\"audit.orders\", \"audit.stock\", \"audit.oversold\", \"audit.undersold\", "
             "\"audit.coupons\", \"audit.money\", \"audit.saga\", \"audit.events\" or "
             "\"audit.fairness\", got "
             "\"p96\"; did you mean \"p90\"?\n"
             "x.yaml:3: documented.before: expected a number above 0 or a duration, got \"fast\"\n"
             "x.yaml:5: documented.who: unknown key; known here: \"after\", \"before\", "
             "\"direction\", \"evidence\", \"from\", \"metric\", \"note\", \"source\" or \"to\"\n");
  documented("{source: S, evidence: goal, metric: p95, before: 3, after: 3ms}",
             "x.yaml:1: documented.after: expected the same unit as before\n");
  documented("{source: S, evidence: goal, metric: p95, before: 3}",
             "x.yaml:1: documented.before: before and after belong together\n");
  documented(
      "{source: S, evidence: goal, metric: audit.stock, before: 3, after: pass}",
      "x.yaml:1: documented.before: expected \"pass\", \"fail\" or \"unknown\", got \"3\"\n");
}

}  // namespace
}  // namespace stampede::plan
