// The command line of `stampede`: what it refuses, and with which words and exit code.

#include "experiments/cli/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace stampede::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

Body declare_sell(CLI::App& app) {
  auto count = std::make_shared<int>(0);
  app.add_option("--count", *count, "How many")->required();
  return [count](Console& console) {
    console.out << "sold " << *count << "\n";
    return ExitCode::kThreshold;
  };
}

Body declare_break(CLI::App&) {
  return [](Console&) -> ExitCode { throw std::runtime_error("the port is taken"); };
}

constexpr Subcommand kSubcommands[] = {{"sell", "Sells", declare_sell},
                                       {"break", "Breaks", declare_break}};

struct Answer {
  ExitCode code;
  std::string out;
  std::string error;
};

Answer run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "stampede");
  std::ostringstream out;
  std::ostringstream error;
  Console console{out, error};
  const auto code =
      run_command_line(kSubcommands, static_cast<int>(arguments.size()), arguments.data(), console);
  return {code, out.str(), error.str()};
}

// Everything wrong is said in one line.
void expect_refusal(const Answer& answer, const std::string& words) {
  EXPECT_EQ(answer.code, ExitCode::kUsage);
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(answer.error, HasSubstr(words));
  EXPECT_THAT(answer.error, EndsWith("\n"));
  EXPECT_EQ(std::ranges::count(answer.error, '\n'), 1) << answer.error;
}

TEST(CommandLine, RunsTheNamedSubcommandAndHandsBackItsExitCode) {
  const auto answer = run({"sell", "--count", "7"});
  EXPECT_EQ(answer.code, ExitCode::kThreshold);
  EXPECT_EQ(answer.out, "sold 7\n");
}

TEST(CommandLine, RefusesACommandLineWithoutASubcommand) {
  expect_refusal(run({}), "a subcommand is required");
}

TEST(CommandLine, RefusesAnUnknownSubcommandAndNamesTheNearest) {
  expect_refusal(run({"sel"}), "stampede: unknown subcommand \"sel\"; did you mean \"sell\"?");
  expect_refusal(run({"something"}), "stampede: unknown subcommand \"something\"; see");
}

TEST(CommandLine, RefusesAnUnknownOptionAndNamesTheNearest) {
  for (const auto* option : {"--cuont", "--cuont=7"}) {
    expect_refusal(run({"sell", option}),
                   "stampede sell: unknown option \"--cuont\"; did you mean \"--count\"?");
  }
}

TEST(CommandLine, RefusesAnArgumentThatNothingTakes) {
  expect_refusal(run({"sell", "--count", "1", "more"}), "unexpected argument \"more\"");
}

TEST(CommandLine, RefusesAValueOfTheWrongType) {
  expect_refusal(run({"sell", "--count", "many"}), "--count");
}

TEST(CommandLine, RefusesAMissingOption) { expect_refusal(run({"sell"}), "--count is required"); }

TEST(CommandLine, AnswersHelpAndVersionOnStandardOutput) {
  const auto help = run({"sell", "--help"});
  EXPECT_EQ(help.code, ExitCode::kPassed);
  EXPECT_THAT(help.out, HasSubstr("How many"));
  const auto version = run({"--version"});
  EXPECT_EQ(version.code, ExitCode::kPassed);
  EXPECT_THAT(version.out, HasSubstr("stampede 0."));
}

TEST(CommandLine, ReportsAnExceptionAsAFaultOfTheEnvironment) {
  const auto answer = run({"break"});
  EXPECT_EQ(answer.code, ExitCode::kEnvironment);
  EXPECT_EQ(answer.error, "stampede break: the port is taken\n");
}

}  // namespace
}  // namespace stampede::cli
