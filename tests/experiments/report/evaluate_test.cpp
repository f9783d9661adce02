// What a run means: comparisons, ranking, expectations, thresholds, warnings, exit codes.

#include "experiments/report/evaluate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/experiments/report/sample.hpp"

namespace stampede::report {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

AuditSummary audit_of(const Cell& cell, const std::string& name) {
  for (const auto& audit : cell.summary.audits) {
    if (audit.name == name) return audit;
  }
  ADD_FAILURE() << "no audit " << name;
  return {};
}

void set_audit(RunResult& run, std::size_t cell, const std::string& name, plan::AuditState state) {
  run.cells[cell].blocks[2].audits.push_back({name, state, "12 sold of 10", {"product 1"}, false});
}

TEST(Evaluation, ComparesEachCellWithTheBaselineBlockByBlock) {
  const auto run = sample_run(sample_experiment());
  const auto* tps = run.cells[1].summary.comparison("tps");
  ASSERT_NE(tps, nullptr);
  EXPECT_EQ(tps->answer, stats::Answer::kHigher);
  EXPECT_NEAR(*tps->ratio, 17.8, 0.1);
  EXPECT_EQ(tps->pairs, 6U);
  EXPECT_DOUBLE_EQ(*tps->p_value, 2.0 / 64);
  EXPECT_EQ(run.cells[1].summary.comparison("p95")->answer, stats::Answer::kLower);
  EXPECT_EQ(run.cells[1].summary.comparison("cpu_per_order")->answer, stats::Answer::kUnclear);
  EXPECT_TRUE(run.cells[0].summary.comparisons.empty());
}

TEST(Evaluation, MergesHistogramsInsteadOfAveragingPercentiles) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  run.cells[0].blocks.resize(2);
  run.cells[0].blocks[0] = sample_block(0, 10, 10);    // 5..15 ms
  run.cells[0].blocks[1] = sample_block(1, 10, 1000);  // 500..1500 ms
  evaluate(experiment, run);
  const auto p95 = run.cells[0].summary.quantile("p95")->value;
  EXPECT_NEAR(static_cast<double>(p95.count()), 1.4e9,
              0.02e9);  // Not the average of 14.5 and 1450.
  EXPECT_DOUBLE_EQ(run.cells[0].summary.tps, 10);
  EXPECT_EQ(run.cells[0].summary.phases.front().time.count(), 200U);
  EXPECT_EQ(run.cells[0].summary.queries.front().count, 200);
}

TEST(Evaluation, JudgesTheDocumentedClaim) {
  const auto run = sample_run(sample_experiment());
  EXPECT_EQ(run.documented->finding, "reproduced");
  EXPECT_EQ(run.documented->from, "global");
  EXPECT_EQ(run.documented->to, "per_user");
  EXPECT_THAT(run.documented->because, HasSubstr("claimed 3.41x, measured 17.78x [16.97, 18.62]"));
}

TEST(Evaluation, PassesWhenEverythingIsAsExpected) {
  const auto run = sample_run(sample_experiment());
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.fastest, "per_user");
  EXPECT_EQ(run.faster_broken, "");
  EXPECT_TRUE(run.warnings.empty()) << run.warnings.front();
}

TEST(Ranking, NeverCallsACellWithAFailedAuditTheFastest) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  set_audit(run, 1, "stock", plan::AuditState::kFail);
  evaluate(experiment, run);
  EXPECT_EQ(run.fastest, "global");
  EXPECT_EQ(run.faster_broken, "per_user");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(run.exit_reason, "audit stock of per_user: expected not to fail, was fail");
}

TEST(Ranking, DoesNotRankAnExpectedFailureEither) {
  const auto experiment = sample_experiment("expect: {audit.stock: fail}\n");
  auto run = sample_run(experiment);
  set_audit(run, 0, "stock", plan::AuditState::kFail);
  set_audit(run, 1, "stock", plan::AuditState::kFail);
  evaluate(experiment, run);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.fastest, "");
}

TEST(Ranking, LeavesOutWhatTheGeneratorCouldNotDriveAndWhatMissedAThreshold) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  run.cells[1].blocks[3].generator.saturated = true;
  run.cells[1].blocks[3].generator.dropped = 17;
  evaluate(experiment, run);
  EXPECT_EQ(run.fastest, "global");
  EXPECT_THAT(run.warnings,
              Contains("per_user: the generator could not drive this cell (17 arrivals dropped); "
                       "it is not ranked"));
  const auto strict = sample_experiment("max_foreign_cpu: 0.5\n");
  auto slow = sample_run(strict);
  slow.cells[1].blocks[0] = sample_block(0, 800, 60'000);
  evaluate(strict, slow);
  EXPECT_EQ(slow.fastest, "global");
  EXPECT_EQ(slow.exit_code, 4);
  EXPECT_THAT(slow.exit_reason, HasSubstr("threshold p(95) < 2s missed by per_user"));
}

TEST(Expectations, TakeTheWorstBlockOfACell) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  set_audit(run, 0, "money", plan::AuditState::kUnknown);
  evaluate(experiment, run);
  EXPECT_EQ(audit_of(run.cells[0], "money").state, plan::AuditState::kUnknown);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.warnings, Contains("global: audit money is unknown: 12 sold of 10"));
  run.cells[0].blocks[4].audits.push_back(
      {"money", plan::AuditState::kFail, "lost 3", {"user 7"}, false});
  evaluate(experiment, run);
  EXPECT_EQ(audit_of(run.cells[0], "money").summary, "lost 3");
  EXPECT_EQ(run.exit_code, 3);
}

TEST(Expectations, OfAFailureAreBrokenByAPass) {
  const auto run = sample_run(sample_experiment("expect: {audit.oversold: fail}\n"));
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(run.exit_reason, "audit oversold of global: expected to fail, was pass");
}

TEST(Expectations, AreBrokenByAnAuditThatNobodyReported) {
  const auto run = sample_run(sample_experiment("expect: {audit.saga: pass}\n"));
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(audit_of(run.cells[0], "saga").summary, "was not reported");
}

TEST(Expectations, MakeAnInformativeAuditCount) {
  EXPECT_EQ(sample_run(sample_experiment()).exit_code, 0);
  EXPECT_EQ(sample_run(sample_experiment("expect: {audit.fairness: pass}\n")).exit_code, 3);
}

TEST(Evaluation, SaysWhatFailedAndGoesOn) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  auto& block = run.cells[1].blocks[5];
  block = Block{.block = 5, .state = State::kFailed, .failure = "server died: signal 9\nlast line"};
  evaluate(experiment, run);
  EXPECT_EQ(run.cells[1].state, State::kFailed);
  EXPECT_EQ(run.cells[1].summary.blocks, 5U);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.exit_reason, "cell per_user failed");
  EXPECT_EQ(run.fastest, "global");
  EXPECT_EQ(run.documented->finding, "cannot tell");
  EXPECT_THAT(run.warnings, Contains("per_user: failed: server died: signal 9"));
}

TEST(Evaluation, DoesNotHoldANotApplicableCellAgainstTheRun) {
  const auto experiment = sample_experiment("expect: {audit.oversold: pass}\n");
  auto run = sample_run(experiment);
  run.cells[1].blocks = {
      Block{.state = State::kNotApplicable, .failure = "pessimistic does not run on sqlite"}};
  evaluate(experiment, run);
  EXPECT_EQ(run.cells[1].state, State::kNotApplicable);
  EXPECT_EQ(run.exit_code, 0);
}

TEST(Evaluation, ASkippedCellIsNoPassAndSaysWhy) {
  const auto experiment = sample_experiment("expect: {audit.oversold: pass}\n");
  auto run = sample_run(experiment);
  run.cells[1].blocks = {Block{.state = State::kSkipped, .failure = "no Kafka: run ./dev setup"}};
  evaluate(experiment, run);
  EXPECT_EQ(run.cells[1].state, State::kSkipped);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.exit_reason, HasSubstr("was skipped: no Kafka: run ./dev setup"));
  EXPECT_THAT(run.warnings, Contains("per_user: skipped: no Kafka: run ./dev setup"));
}

TEST(Evaluation, KeepsWhatAnInterruptedRunFinished) {
  const auto experiment = sample_experiment("expect: {audit.oversold: pass}\n");
  auto run = sample_run(experiment);
  run.interrupted = true;
  run.cells[0].blocks.resize(3);
  run.cells[1].blocks.clear();
  evaluate(experiment, run);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.exit_reason, "the run was interrupted");
  EXPECT_EQ(run.cells[0].summary.blocks, 3U);
  EXPECT_EQ(run.cells[1].state, State::kMissing);
}

TEST(Evaluation, CannotCompareZeroGoodput) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  run.cells[1].blocks[1].tps = 0;
  evaluate(experiment, run);
  EXPECT_EQ(run.cells[1].summary.comparison("tps")->answer, stats::Answer::kCannotCompare);
  EXPECT_EQ(run.documented->finding, "cannot tell");
}

TEST(Warnings, TellForeignLoadOpenRequestsLittlesLawErrorsAndFewBlocks) {
  const auto experiment = sample_experiment("blocks: 2\n");
  auto run = sample_run(experiment);
  run.cells[0].blocks.resize(2);
  run.cells[1].blocks.resize(2);
  run.cells[0].blocks[0].foreign_cpu = 0.6;
  run.cells[1].blocks[0].outcomes.censored = 100;
  run.cells[1].blocks[1].average_vus = 40;
  run.cells[0].blocks[1].outcomes.timeout = 30;
  run.cells[0].blocks[1].faults = {{"timeout", 30}};
  evaluate(experiment, run);
  EXPECT_THAT(run.warnings, Contains(HasSubstr("global: 13.9 % of the requests ended in an error, "
                                               "most often timeout")));
  EXPECT_THAT(run.warnings, Contains(HasSubstr("per_user: 100 requests were never answered: "
                                               "p50, p90, p95, p99, p99.9")));
  EXPECT_THAT(run.warnings, Contains(HasSubstr("per_user: Little's law is off by -50 % in block "
                                               "2: 40.0 users")));
  EXPECT_THAT(run.warnings, Contains(HasSubstr("other processes used more than 25 % of the CPU "
                                               "during 1 run in 1 of 2 blocks")));
  EXPECT_THAT(run.warnings, Contains("2 blocks: intervals are wide, and p-values need 6"));
  EXPECT_EQ(run.cells[1].summary.comparison("tps")->dropped, 1U);
  EXPECT_FALSE(run.cells[1].summary.quantile("p95")->certain);
}

}  // namespace
}  // namespace stampede::report
