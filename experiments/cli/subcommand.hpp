// One subcommand of `stampede`: its name, a line for --help, and a function that declares its
// options. One file each, all shaped alike:
//
//   Body declare_sweep(CLI::App& app) {
//     auto options = std::make_shared<SweepOptions>();
//     app.add_option("--vus", options->vus, "Virtual users");
//     return [options](Console& console) { return sweep(*options, console); };
//   }
//
// and one entry in subcommands.cpp.

#pragma once

#include <functional>
#include <iosfwd>

#include "experiments/report/exit_code.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own name.
class App;
}

namespace stampede::cli {

using report::ExitCode;

// Where a subcommand writes: results to `out`, complaints to `error`.
struct Console {
  std::ostream& out;
  std::ostream& error;
};

// Runs after the whole command line was parsed without a fault.
using Body = std::function<ExitCode(Console&)>;

struct Subcommand {
  const char* name;
  const char* summary;
  // Adds the options to `app`, which lives until the body has run.
  Body (*declare)(CLI::App& app);
};

}  // namespace stampede::cli
