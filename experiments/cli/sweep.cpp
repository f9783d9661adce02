// `stampede sweep KEY=V1,V2 ...`: an experiment from one line, and the YAML it stands for.

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/config/tree.hpp"
#include "experiments/cli/experiment_command.hpp"
#include "experiments/cli/subcommands.hpp"
#include "experiments/plan/read_experiment.hpp"
#include "experiments/plan/sweep.hpp"

namespace stampede::cli {

namespace {

constexpr std::pair<const char*, const char*> kShorthands[] = {
    {"--vus", "load.vus"},      {"--duration", "load.duration"}, {"--warmup", "load.warmup"},
    {"--rate", "load.rate"},    {"--executor", "load.executor"}, {"--think", "load.think"},
    {"--preset", "data.preset"}};

struct SweepCommand {
  plan::SweepRequest request;
  ExperimentOptions options;
};

ExitCode run(SweepCommand& command, Console& console) {
  // These are part of the experiment that the line stands for, not changes to it.
  command.request.blocks = std::exchange(command.options.overrides.blocks, std::nullopt);
  command.request.seed = std::exchange(command.options.overrides.seed, std::nullopt);
  config::Faults faults;
  const auto tree = plan::sweep_experiment(command.request, faults);
  if (!tree) return refuse(faults, console);
  const auto experiment = plan::experiment_from(*tree, command.options.overrides, checks(), faults);
  if (!experiment) return refuse(faults, console);
  console.out << "# The experiment this line stands for; save it to run it again.\n"
              << config::to_yaml(*tree) << '\n'
              << std::flush;
  return carry_out(*experiment, command.options, console);
}

}  // namespace

Body declare_sweep(CLI::App& app) {
  auto command = std::make_shared<SweepCommand>();
  app.add_option("KEY=VALUES", command->request.words,
                 "lock.use=global,per_user is an axis; lock.timeout=10s a setting")
      ->required();
  for (const auto& [option, key] : kShorthands) {
    const auto keep = [command, prefix = std::string(key) + "="](const std::string& value) {
      command->request.settings.push_back(prefix + value);
    };
    app.add_option_function<std::string>(option, keep, std::string("Short for ") + key);
  }
  app.add_option("--name", command->request.name, "Of the experiment, and of its results' folder")
      ->capture_default_str();
  add_experiment_options(app, command->options);
  return [command](Console& console) { return run(*command, console); };
}

}  // namespace stampede::cli
