#include "experiments/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "core/config/text.hpp"

namespace stampede::cli {

namespace {

constexpr char kProgram[] = "stampede";

std::string command_of(const CLI::App& app) {
  const auto* const parent = app.get_parent();
  return parent == nullptr ? app.get_name() : command_of(*parent) + " " + app.get_name();
}

// The innermost command that the arguments reached.
const CLI::App& reached(const CLI::App& root) {
  const auto chosen = root.get_subcommands();
  return chosen.empty() ? root : *chosen.front();
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* const option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  const auto is_any = [](const CLI::App*) { return true; };
  for (const auto* const subcommand : app.get_subcommands(is_any)) {
    names.push_back(subcommand->get_name());
  }
  return names;
}

// One line about the first argument that nothing took, or an empty string.
std::string describe_leftover(const CLI::App& app) {
  const auto leftover = app.remaining();
  if (leftover.empty()) return {};
  const auto argument = leftover.front().substr(0, leftover.front().find('='));
  const auto quoted = " \"" + argument + "\"";
  if (argument.starts_with("-")) {
    return "unknown option" + quoted + config::suggestion(argument, option_names(app));
  }
  if (app.get_parent() == nullptr) {
    return "unknown subcommand" + quoted + config::suggestion(argument, subcommand_names(app));
  }
  return "unexpected argument" + quoted;
}

ExitCode refuse(const CLI::App& app, const std::string& reason, Console& console) {
  const auto command = command_of(app);
  const auto* const joint = reason.ends_with("?") ? " See `" : "; see `";
  console.error << command << ": " << reason << joint << command << " --help`\n";
  return ExitCode::kUsage;
}

}  // namespace

ExitCode run_command_line(std::span<const Subcommand> subcommands, int argc,
                          const char* const* argv, Console& console) {
  CLI::App root("Measures what a change of lock, store or front door does to speed and correctness",
                kProgram);
  root.set_version_flag("--version", std::string(kProgram) + " " + STAMPEDE_VERSION);
  std::map<const CLI::App*, Body> bodies;
  for (const auto& subcommand : subcommands) {
    auto* const app = root.add_subcommand(subcommand.name, subcommand.summary);
    bodies[app] = subcommand.declare(*app);
  }

  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& asked_for_text) {
    root.exit(asked_for_text, console.out, console.error);
    return ExitCode::kPassed;
  } catch (const CLI::ParseError& error) {
    const auto& app = reached(root);
    const auto leftover = describe_leftover(app);
    return refuse(app, leftover.empty() ? error.what() : leftover, console);
  }

  const auto& app = reached(root);
  if (&app == &root) return refuse(root, "a subcommand is required", console);
  try {
    return bodies.at(&app)(console);
  } catch (const std::exception& error) {
    console.error << command_of(app) << ": " << error.what() << "\n";
    return ExitCode::kEnvironment;
  }
}

}  // namespace stampede::cli
