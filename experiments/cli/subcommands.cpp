#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {

std::span<const Subcommand> subcommands() {
  static constexpr Subcommand kSubcommands[] = {
      {"run", "Run an experiment and report what came of it", declare_run},
      {"sweep", "Run an experiment given on one line", declare_sweep},
      {"faults", "Break something in many short runs, none of which may lose anything",
       declare_faults},
      {"load", "Send a load to a server and say what came back", declare_load},
      {"env", "Keep a private PostgreSQL and Redis for interactive use", declare_env},
      {"plugins", "List the plugins that can be used, and their options", declare_plugins},
      {"new", "Make a project for a plugin of your own", declare_new},
      {"check", "Put every promise of its contract to a plugin", declare_check},
      {"trace", "Tell the way of one order from the logs", declare_trace},
  };
  return kSubcommands;
}

}  // namespace stampede::cli
