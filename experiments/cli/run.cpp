// `stampede run FILE`: runs an experiment and reports what came of it.

#include <CLI/CLI.hpp>
#include <memory>

#include "experiments/cli/experiment_command.hpp"
#include "experiments/cli/subcommands.hpp"
#include "experiments/plan/read_experiment.hpp"

namespace stampede::cli {

namespace {

struct RunCommand {
  std::filesystem::path file;
  ExperimentOptions options;
};

ExitCode run(RunCommand& command, Console& console) {
  config::Faults faults;
  const auto experiment =
      plan::read_experiment(command.file, command.options.overrides, checks(), faults);
  if (!experiment) return refuse(faults, console);
  return carry_out(*experiment, command.options, console);
}

}  // namespace

Body declare_run(CLI::App& app) {
  auto command = std::make_shared<RunCommand>();
  app.add_option("FILE", command->file, "The experiment's YAML")->required();
  add_experiment_options(app, command->options);
  return [command](Console& console) { return run(*command, console); };
}

}  // namespace stampede::cli
