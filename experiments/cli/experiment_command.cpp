#include "experiments/cli/experiment_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <ostream>

#include "experiments/cli/interrupts.hpp"
#include "experiments/load/plan_reader.hpp"
#include "experiments/plan/dry_run.hpp"
#include "experiments/report/progress.hpp"
#include "experiments/report/terminal_report.hpp"
#include "experiments/runner/needs.hpp"
#include "experiments/runner/run_block.hpp"
#include "experiments/runner/run_experiment.hpp"

namespace stampede::cli {

namespace {

namespace fs = std::filesystem;

// What was typed, by the program's plain name.
std::vector<std::string> typed_command() {
  std::ifstream stream("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  if (!words.empty()) words.front() = fs::path(words.front()).filename().string();
  return words;
}

}  // namespace

// The server is beside the bench, in a build tree as in an installation.
fs::path server_program() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path() / "stampede-server";
}

void add_experiment_options(CLI::App& app, ExperimentOptions& options) {
  auto& overrides = options.overrides;
  app.add_flag("--dry-run", options.dry_run, "Print the cells, their order and how long it takes");
  app.add_option("--set", overrides.settings, "KEY=VALUE that wins over the file; repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--only", overrides.only, "Run only cells with this name; * and ? match any")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  app.add_option("--blocks", overrides.blocks, "How often every cell is run");
  app.add_option("--scale", overrides.scale, "Factor for warm-ups, windows and iterations");
  app.add_option("--seed", overrides.seed, "Of the order of the runs, and of the load");
  app.add_flag("--resume", options.resume, "Go on with the newest run of this experiment");
  app.add_option("--results", options.results, "Where results are kept")->capture_default_str();
}

plan::Checks checks() {
  return {.cell =
              [](const plan::Cell& cell) {
                config::Faults faults;
                load::read_plan(&cell.load, "load", runner::population_of(cell.data), faults);
                return faults;
              },
          .needs = runner::find_needs};
}

ExitCode carry_out(const plan::Experiment& experiment, const ExperimentOptions& options,
                   Console& console) {
  if (options.dry_run) {
    console.out << plan::describe_plan(experiment);
    return ExitCode::kPassed;
  }
  const Interrupts interrupts;
  report::Progress progress(stderr, report::detect_terminal(STDERR_FILENO));
  const runner::RunOptions run_options{.results = options.results,
                                       .server_program = server_program(),
                                       .command = typed_command(),
                                       .resume = options.resume};
  const auto run = runner::run_experiment(experiment, run_options, progress, interrupts.token());
  if (!run) {
    console.error << "stampede: " << run.error().message << '\n';
    return run.error().code == ErrorCode::kInvalid ? ExitCode::kUsage : ExitCode::kEnvironment;
  }
  console.out << report::final_report(run->result, report::detect_terminal(STDOUT_FILENO));
  console.out << fmt::format("\nreport: {}\n", (run->folder / "report.md").string());
  return static_cast<ExitCode>(run->result.exit_code);
}

ExitCode refuse(const config::Faults& faults, Console& console) {
  console.error << config::describe(faults);
  return ExitCode::kUsage;
}

}  // namespace stampede::cli
