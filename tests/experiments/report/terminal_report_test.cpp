// The final table, as a reader sees it.

#include "experiments/report/terminal_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/report/evaluate.hpp"
#include "tests/experiments/report/sample.hpp"

namespace stampede::report {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(FinalReport, ShowsTheTableTheRankingAndTheVerdict) {
  EXPECT_EQ(
      final_report(sample_run(sample_experiment()), {}),
      "sample: What does a lock per user buy?\n"
      "6 blocks, seed 1\n"
      "\n"
      "cell         TPS  p50 ms  p95 ms  p99 ms    refusals  errors  CPU ms/order  audits  change "
      "in "
      "TPS\n"
      "global      45.1     437     635     652  12 (2.2 %)       0          1.00  pass    "
      "baseline\n"
      "per_user *   801    24.8    36.0    37.1  12 (0.1 %)       0          1.00  pass    17.8x "
      "[17.0, 18.6]\n"
      "\n"
      "* per_user is the fastest cell without a failed audit or a missed threshold\n"
      "S2 (measured): tps 7.54 -> 25.68\n"
      "reproduced (global -> per_user): claimed 3.41x, measured 17.78x [16.97, 18.62] over 6 "
      "blocks\n");
}

TEST(FinalReport, FitsANarrowTerminal) {
  const auto run = sample_run(sample_experiment());
  for (const int width : {40, 60, 79}) {
    const auto text = render(result_table(run), {.width = width});
    std::size_t begin = 0;
    while (begin < text.size()) {
      const auto end = text.find('\n', begin);
      EXPECT_LE(display_width(text.substr(begin, end - begin)), static_cast<std::size_t>(width));
      begin = end + 1;
    }
    EXPECT_THAT(text, HasSubstr("TPS"));
    EXPECT_THAT(text, HasSubstr("pass"));
  }
}

TEST(FinalReport, SaysWhatIsBrokenAndWhatWasMissed) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  run.cells[1].blocks[0].audits.push_back(
      {"stock", plan::AuditState::kFail, "12 sold of 10", {}, false});
  run.cells[0].blocks[0] = sample_block(0, 45, 60'000);
  evaluate(experiment, run);
  const auto text = final_report(run, {});
  EXPECT_THAT(text, HasSubstr("FAIL stock"));
  EXPECT_THAT(text, HasSubstr("no cell is both correct and within the thresholds; per_user does "
                              "more and is not correct\n"));
  EXPECT_THAT(text, HasSubstr("audit  per_user: stock fail: 12 sold of 10\n"));
  EXPECT_THAT(text, HasSubstr("missed  global: p(95) < 2s"));
  EXPECT_THAT(text, HasSubstr("not passed  audit stock of per_user"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(final_report(run, {.colour = true}), HasSubstr("\033[31mFAIL stock"));
}

TEST(FinalReport, RanksNothingWhereThereIsOneCell) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  run.cells.resize(1);
  run.faster_broken = run.cells[0].name;
  run.fastest.clear();
  EXPECT_EQ(ranking_text(run), "");
  run.blocks = 1;
  EXPECT_THAT(final_report(run, {}), HasSubstr("\n1 block, seed "));
}

TEST(FinalReport, TellsAnExpectedFailureFromAPass) {
  const auto experiment = sample_experiment("expect: {audit.stock: fail}\n");
  auto run = sample_run(experiment);
  for (auto& cell : run.cells) {
    cell.blocks[0].audits.push_back({"stock", plan::AuditState::kFail, "12 of 10", {}, false});
  }
  evaluate(experiment, run);
  EXPECT_THAT(final_report(run, {}), HasSubstr("fail, expected: stock"));
}

TEST(ChangeTexts, NeverPretendToKnow) {
  stats::Comparison comparison;
  EXPECT_EQ(change_text(comparison), "cannot tell");
  comparison.answer = stats::Answer::kCannotCompare;
  EXPECT_EQ(change_text(comparison), "cannot compare");
  comparison = {.answer = stats::Answer::kUnclear,
                .ratio = 1.02,
                .interval = stats::Interval{0.94, 1.1},
                .pairs = 6};
  EXPECT_EQ(change_text(comparison), "~ [0.94, 1.10]");
  comparison = {.answer = stats::Answer::kHigher,
                .ratio = 17.93,
                .interval = stats::Interval{15.2, 121.4},
                .pairs = 6};
  EXPECT_EQ(change_text(comparison), "17.9x [15.2, 121]");
  comparison = {.ratio = 2, .pairs = 1};
  EXPECT_EQ(change_text(comparison), "2.00x (1 block)");
}

TEST(Figures, HaveThreeDigits) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(7.544), "7.54");
  EXPECT_EQ(rate_text(45.12), "45.1");
  EXPECT_EQ(rate_text(812.4), "812");
  EXPECT_EQ(rate_text(12345), "12345");
  EXPECT_EQ(rate_text(123'456), "123k");
  EXPECT_EQ(time_text(1'234us), "1.23 ms");
  EXPECT_EQ(time_text(2s), "2.00 s");
  EXPECT_EQ(time_text(85us), "85.0 us");
  EXPECT_EQ(time_text(0s), "0 ns");
}

}  // namespace
}  // namespace stampede::report
