#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {

std::span<const Subcommand> subcommands() {
  static constexpr Subcommand kSubcommands[] = {
      {"plugins", "List the plugins that can be used, and their options", declare_plugins},
  };
  return kSubcommands;
}

}  // namespace stampede::cli
