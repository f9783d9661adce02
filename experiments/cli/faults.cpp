// `stampede faults`: many short runs that break something, each of which must lose nothing.

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <ostream>

#include "experiments/cli/experiment_command.hpp"
#include "experiments/cli/interrupts.hpp"
#include "experiments/cli/subcommands.hpp"
#include "experiments/faults/scenario.hpp"
#include "experiments/faults/suite.hpp"

namespace stampede::cli {

namespace {

struct FaultsCommand {
  faults::SuiteOptions options;
  double minutes = 0;
  bool dry_run = false;
};

ExitCode run(FaultsCommand& command, Console& console) {
  auto& options = command.options;
  if (command.dry_run) {
    for (std::size_t i = 0; i < options.runs; ++i) {
      console.out << "---\n" << faults::draw_scenario(options.seed + i).yaml;
    }
    return ExitCode::kPassed;
  }
  if (command.minutes > 0) {
    options.budget = std::chrono::milliseconds(std::llround(command.minutes * 60'000));
  }
  options.server_program = server_program();
  const Interrupts interrupts;
  const auto tally = faults::run_suite(options, checks(), console.out, interrupts.token());
  if (!tally.failed.empty()) return ExitCode::kAudit;
  const bool is_whole = tally.skipped == 0 && !interrupts.token().stop_requested();
  return tally.ok() && is_whole ? ExitCode::kPassed : ExitCode::kEnvironment;
}

}  // namespace

Body declare_faults(CLI::App& app) {
  auto command = std::make_shared<FaultsCommand>();
  auto& options = command->options;
  app.add_option("--runs", options.runs, "How many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the first run; each further one has the next")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--minutes", command->minutes, "No run begins after so many")
      ->check(CLI::PositiveNumber);
  app.add_option("--set", options.settings, "KEY=VALUE that wins over every scenario; repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--results", options.results, "Where runs that failed are kept")
      ->capture_default_str();
  app.add_flag("--dry-run", command->dry_run, "Print the experiments instead of running them");
  return [command](Console& console) { return run(*command, console); };
}

}  // namespace stampede::cli
