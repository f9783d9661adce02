// Parses a command line of `stampede` and runs the subcommand it names.

#pragma once

#include <span>

#include "experiments/cli/subcommand.hpp"

namespace stampede::cli {

// A wrong command line prints one line to console.error, with the nearest known name where there is
// one, and gives ExitCode::kUsage. An exception that leaves a body does the same as a fault of the
// environment.
ExitCode run_command_line(std::span<const Subcommand> subcommands, int argc,
                          const char* const* argv, Console& console);

}  // namespace stampede::cli
