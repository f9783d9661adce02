// Every subcommand of `stampede`, in the order --help lists them.

#pragma once

#include <span>

#include "experiments/cli/subcommand.hpp"

namespace stampede::cli {

Body declare_run(CLI::App& app);
Body declare_sweep(CLI::App& app);
Body declare_faults(CLI::App& app);
Body declare_load(CLI::App& app);
Body declare_env(CLI::App& app);
Body declare_plugins(CLI::App& app);
Body declare_new(CLI::App& app);
Body declare_check(CLI::App& app);
Body declare_trace(CLI::App& app);

std::span<const Subcommand> subcommands();

}  // namespace stampede::cli
