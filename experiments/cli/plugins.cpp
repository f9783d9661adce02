// `stampede plugins`: what can be put into `lock.use`, `store.use` and `http.use`.

#include <CLI/CLI.hpp>
#include <ostream>

#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {

Body declare_plugins(CLI::App&) {
  return [](Console& console) {
    console.out << "no plugin is known\n";
    return ExitCode::kPassed;
  };
}

}  // namespace stampede::cli
