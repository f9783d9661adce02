// What `run` and `sweep` share: options that change an experiment, the checks that the plan leaves
// to others, and running it to its report.

#pragma once

#include <filesystem>

#include "core/config/fault.hpp"
#include "experiments/cli/subcommand.hpp"
#include "experiments/plan/experiment.hpp"

namespace stampede::cli {

struct ExperimentOptions {
  plan::Overrides overrides;
  std::filesystem::path results = "results";
  bool dry_run = false;
  bool resume = false;
};

// Adds --dry-run, --set, --only, --blocks, --scale, --seed, --resume and --results. `options`
// outlives the parsing.
void add_experiment_options(CLI::App& app, ExperimentOptions& options);

// Where stampede-server is.
std::filesystem::path server_program();

// Server configs are checked as the server checks them, load blocks as the generator does.
plan::Checks checks();

// Prints the plan (--dry-run), or runs it, prints the table and says where the report is.
ExitCode carry_out(const plan::Experiment& experiment, const ExperimentOptions& options,
                   Console& console);

// Prints every fault, one a line. Gives ExitCode::kUsage.
ExitCode refuse(const config::Faults& faults, Console& console);

}  // namespace stampede::cli
