#include "experiments/report/markdown.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/report/evaluate.hpp"
#include "tests/experiments/report/sample.hpp"

namespace stampede::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MarkdownReport, HoldsEveryPartInOrder) {
  const auto text = markdown_report(sample_run(sample_experiment()));
  std::size_t at = 0;
  for (const auto* part :
       {"# sample\n\nWhat does a lock per user buy?\n\n",
        "per\\_user is the fastest cell without a failed audit or a missed threshold.",
        "**Documented** (S2, measured): tps 7.54 → 25.68. step log\n\n",
        "**Here** (global → per\\_user): **reproduced**; claimed 3.41x, measured ",
        "| cell | TPS | p50 ms |",
        "| global | 45.1 |",
        "## Changes against global",
        "| per\\_user | tps | 17.8x [",
        "## Where the time goes",
        "| global | lock | 99.",
        "## Slowest queries",
        "| take\\_stock | 600 | 1.00 ms | 3.00 ms |",
        "## Audits",
        "fairness",
        "- order 5 before order 4",
        "## Thresholds",
        "| p(95) \\< 2s | yes |",
        "## Refusals and errors",
        "INSUFFICIENT\\_STOCK | 12 |",
        "## Environment",
        "- commit abc1234",
        "- stampede run sample.yaml",
        "## Method",
        "## Experiment",
        "experiment: sample",
        "<details><summary>per\\_user</summary>",
        "load:\n  executor: "}) {
    const auto found = text.find(part, at);
    EXPECT_NE(found, std::string::npos) << part << "\n" << text;
    if (found != std::string::npos) at = found;
  }
  EXPECT_THAT(text, Not(HasSubstr("## Warnings")));
  EXPECT_THAT(text, Not(HasSubstr("## Cells that failed")));
}

TEST(MarkdownReport, CountsNoTimeTwice) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  auto& phases = run.cells[0].summary.phases;
  const auto lock = phases[0].time;
  phases = {{"lock", lock}, {"payment", lock}, {"hold", lock}};
  const auto text = markdown_report(run);
  EXPECT_THAT(text, HasSubstr("| global | lock | 50.0 % |"));
  EXPECT_THAT(text, HasSubstr("| global | hold | (covers others) |"));
}

TEST(MarkdownReport, QuotesLogsSoThatTheyCannotBreakOut) {
  const auto experiment = sample_experiment();
  auto run = sample_run(experiment);
  run.cells[1].blocks[0] =
      Block{.state = State::kFailed, .failure = "died <b>\n```\nlast line\033[31m"};
  evaluate(experiment, run);
  const auto text = markdown_report(run);
  EXPECT_THAT(text, HasSubstr("## Warnings\n\n- per\\_user: failed: died \\<b>\n"));
  EXPECT_THAT(text, HasSubstr("## Cells that failed\n\nper\\_user:\n\n````\ndied <b>\n```\nlast "));
  EXPECT_THAT(text, HasSubstr("**Not passed**: cell per\\_user failed.\n"));
}

}  // namespace
}  // namespace stampede::report
