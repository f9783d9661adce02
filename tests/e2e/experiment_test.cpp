// `stampede run` and `stampede sweep` through the real programs: from a YAML file to a table, a
// report, and an exit code.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "experiments/report/result_file.hpp"
#include "tests/e2e/experiment.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RunTest, MeasuresEveryCellAuditsItAndReportsIt) {
  const Folder folder;
  const auto ended = run_experiment(folder, tiny_experiment("blocks: 2"));
  EXPECT_EQ(ended.status.code, 0) << ended.out << ended.error;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("memory"), HasSubstr("sqlite"), HasSubstr("TPS"),
                               HasSubstr("p95"), HasSubstr("report: ")));

  const auto latest = folder.path() / "results" / "latest";
  ASSERT_TRUE(fs::is_symlink(latest));
  const auto result = report::read_result(latest / "run.json");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->exit_code, 0);
  EXPECT_FALSE(result->interrupted);
  ASSERT_EQ(result->cells.size(), 2U);
  for (const auto& cell : result->cells) {
    EXPECT_EQ(cell.state, report::State::kDone);
    EXPECT_EQ(cell.blocks.size(), 2U);
    EXPECT_GT(cell.summary.tps, 0);
    EXPECT_EQ(cell.summary.outcomes.faults(), 0U);
    for (const auto& audit : cell.summary.audits) {
      if (audit.name == "fairness") continue;
      EXPECT_EQ(audit.state, plan::AuditState::kPass) << audit.name << ": " << audit.summary;
    }
  }
  EXPECT_THAT(read_text(latest / "report.md"), AllOf(HasSubstr("tiny"), HasSubstr("sqlite")));
  EXPECT_THAT(read_text(latest / "experiment.yaml"), HasSubstr("experiment: tiny"));
  EXPECT_TRUE(fs::exists(latest / "cells" / "sqlite" / "1" / "server.log"));
  EXPECT_FALSE(fs::exists(latest / "cells" / "sqlite" / "1" / "data"));
  EXPECT_THAT(processes_naming(folder.path()), ::testing::IsEmpty());
}

TEST(RunTest, PrintsPlainLinesWhenPiped) {
  const Folder folder;
  const auto ended = run_experiment(folder, tiny_experiment("blocks: 1"), {"--only", "memory"});
  EXPECT_EQ(ended.status.code, 0) << ended.error;
  for (const auto& text : {ended.out, ended.error}) {
    EXPECT_EQ(text.find('\033'), std::string::npos) << text;
    EXPECT_EQ(text.find('\r'), std::string::npos) << text;
  }
  EXPECT_THAT(ended.error, HasSubstr("[1/1] memory, block 1: "));
}

// util-linux's script(1) gives a program a terminal.
std::string on_a_terminal(const Folder& folder, const fs::path& file) {
  const auto command = STAMPEDE_BINARY_DIR "/stampede run " + file.string() +
                       " --only memory --results " + (folder.path() / "results").string();
  auto process = environment::Process::start(
      {.program = "/usr/bin/script", .arguments = {"-qefc", command, "/dev/null"}, .log = ""});
  EXPECT_TRUE(process) << process.error().message;
  std::string output;
  const auto deadline = Clock::now() + kPatience;
  while (const auto line = process->read_line(deadline)) output += *line + "\n";
  const auto status = process->wait(deadline);
  EXPECT_TRUE(status && status->ok()) << output;
  return output;
}

TEST(RunTest, ColoursATerminalUnlessNobodyWantsThat) {
  const Folder folder;
  const auto file = folder.write("tiny.yaml", tiny_experiment("blocks: 1"));
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  const auto coloured = on_a_terminal(folder, file);
  EXPECT_THAT(coloured, HasSubstr("\033[3")) << "no colour";
  EXPECT_THAT(coloured, HasSubstr("\r\033[K")) << "no live progress";
  ::setenv("NO_COLOR", "1", 1);
  const auto plain = on_a_terminal(folder, file);
  ::unsetenv("NO_COLOR");
  EXPECT_THAT(plain, AllOf(HasSubstr("memory"), Not(ContainsRegex("\033\\[[0-9]+m"))));
}

TEST(RunTest, StartsNothingOnADryRun) {
  const Folder folder;
  const auto ended = run_experiment(folder, tiny_experiment("blocks: 3"), {"--dry-run"});
  EXPECT_EQ(ended.status.code, 0) << ended.error;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("memory"), HasSubstr("sqlite")));
  EXPECT_FALSE(fs::exists(folder.path() / "results"));
}

TEST(ResumeTest, FinishesOnlyWhatIsMissing) {
  const Folder folder;
  const auto yaml = tiny_experiment("blocks: 2");
  ASSERT_EQ(run_experiment(folder, yaml).status.code, 0);
  const auto file = folder.path() / "results" / "latest" / "run.json";
  auto first = report::read_result(file);
  ASSERT_TRUE(first) << first.error().message;
  auto lost = *first;
  std::erase_if(lost.cells[1].blocks, [](const auto& block) { return block.block == 1; });
  ASSERT_TRUE(report::write_file(file, report::to_json(lost)));

  const auto ended = run_experiment(folder, yaml, {"--resume"});
  EXPECT_EQ(ended.status.code, 0) << ended.error;
  EXPECT_THAT(ended.error, AllOf(HasSubstr("sqlite, block 2: "), Not(HasSubstr("memory, block")),
                                 Not(HasSubstr("sqlite, block 1"))));
  const auto second = report::read_result(file);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->run, first->run);
  for (std::size_t cell = 0; cell < 2; ++cell) {
    ASSERT_EQ(second->cells[cell].blocks.size(), 2U);
    EXPECT_EQ(second->cells[cell].blocks[0].started_at, first->cells[cell].blocks[0].started_at);
    EXPECT_EQ(second->cells[cell].blocks[0].tps, first->cells[cell].blocks[0].tps);
    EXPECT_EQ(second->cells[cell].summary.comparisons.size(),
              first->cells[cell].summary.comparisons.size());
  }
}

TEST(ResumeTest, RefusesAnotherExperimentAndNoneAtAll) {
  const Folder folder;
  const auto nothing = run_experiment(folder, tiny_experiment("blocks: 1"), {"--resume"});
  EXPECT_EQ(nothing.status.code, 1);
  EXPECT_THAT(nothing.error, HasSubstr("no run to resume"));

  ASSERT_EQ(run_experiment(folder, tiny_experiment("blocks: 1"), {"--only", "memory"}).status.code,
            0);
  const auto file = folder.path() / "results" / "latest" / "run.json";
  const auto before = read_text(file);
  const auto other = run_experiment(folder, tiny_experiment("blocks: 2"), {"--resume"});
  EXPECT_EQ(other.status.code, 1);
  EXPECT_THAT(other.error, HasSubstr("another experiment"));
  EXPECT_EQ(read_text(file), before);
}

TEST(SweepTest, PrintsAnExperimentThatRunAccepts) {
  const Folder folder;
  const auto results = (folder.path() / "results").string();
  const auto swept = run(folder, "stampede",
                         {"sweep", "lock.use=global,per_user", "--vus", "4", "--duration", "300ms",
                          "--blocks", "1", "--results", results});
  EXPECT_EQ(swept.status.code, 0) << swept.out << swept.error;
  EXPECT_THAT(swept.out, AllOf(HasSubstr("global"), HasSubstr("per_user"), HasSubstr("TPS")));
  const auto begin = swept.out.find("experiment: ");
  ASSERT_NE(begin, std::string::npos) << swept.out;
  const auto yaml = swept.out.substr(begin, swept.out.find("\n\n", begin) - begin) + "\n";
  const auto planned = run_experiment(folder, yaml, {"--dry-run"});
  EXPECT_EQ(planned.status.code, 0) << yaml << planned.error;
  EXPECT_THAT(planned.out, AllOf(HasSubstr("global"), HasSubstr("per_user")));
  EXPECT_THAT(yaml, AllOf(HasSubstr("blocks: 1"), HasSubstr("vus: 4")));
}

TEST(ExitCodeTest, IsFourWhenAThresholdIsMissed) {
  const Folder folder;
  const auto ended = run_experiment(folder, tiny_experiment("blocks: 1\nthresholds: [tps > 1e9]"),
                                    {"--only", "memory"});
  EXPECT_EQ(ended.status.code, 4) << ended.out << ended.error;
  EXPECT_THAT(ended.out, HasSubstr("tps > 1e9"));
}

// Buyers read the stock, wait, and write what they make of it: with this strategy sales get lost.
std::string hot_stock(const std::string& expect) {
  return "experiment: hot\n"
         "base:\n"
         "  store: {use: memory}\n"
         "  lock: {use: unprotected}\n"
         "  server: {workers: 20}\n"
         "  orders: {read_write_pause: 100ms}\n"
         "data: {users: 20, products: 1, stock: 5}\n"
         "load: {executor: per-vu-iterations, vus: 20, iterations: 1, maxDuration: 60s,\n"
         "       choose: {user: sequential}, mix: {order: 100}}\n"
         "variants: {unprotected: {}}\n"
         "blocks: 1\n" +
         expect;
}

TEST(ExitCodeTest, IsThreeWhenAnAuditFailsAgainstExpectation) {
  const Folder folder;
  const auto ended = run_experiment(folder, hot_stock(""));
  EXPECT_EQ(ended.status.code, 3) << ended.out << ended.error;
  EXPECT_THAT(ended.out, HasSubstr("oversold"));
}

TEST(ExitCodeTest, IsZeroWhenTheAuditFailsAsExpected) {
  const Folder folder;
  const auto ended =
      run_experiment(folder, hot_stock("expect: {audit.oversold: fail, audit.stock: fail}\n"));
  EXPECT_EQ(ended.status.code, 0) << ended.out << ended.error;
  const auto result = report::read_result(folder.path() / "results" / "latest" / "run.json");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->cells[0].summary.has_failed_audit());
  EXPECT_EQ(result->fastest, "");
}

TEST(ExitCodeTest, IsThreeWhenAnExpectedFailureDoesNotCome) {
  const Folder folder;
  const auto ended = run_experiment(
      folder, tiny_experiment("blocks: 1\nexpect: {audit.oversold: fail}"), {"--only", "memory"});
  EXPECT_EQ(ended.status.code, 3) << ended.out << ended.error;
}

}  // namespace
}  // namespace stampede::e2e
