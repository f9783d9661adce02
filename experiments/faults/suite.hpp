// Many short runs that each break something, one after the other: load, faults, drain, audits. The
// private servers stay for all of them. A run that failed is printed with the command that repeats
// it, and its experiment, configuration and logs are kept:
//
//   results/faults/seed-123/experiment.yaml, verdict.txt, run/server.yaml, run/server.log
//
// One thread, which lives until run_suite() returns: servers die with the thread that started them.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "experiments/plan/experiment.hpp"

namespace stampede::faults {

struct SuiteOptions {
  std::uint64_t seed = 1;  // Of the first run; each further one has the next.
  std::size_t runs = 200;
  std::optional<std::chrono::nanoseconds> budget;  // No run begins after it.
  // "key=value", which win over every scenario: "saga.compensation=none".
  std::vector<std::string> settings;
  std::filesystem::path results = "results";
  std::filesystem::path server_program;
};

struct Tally {
  std::size_t passed = 0;
  std::size_t skipped = 0;            // For want of a program, such as Kafka.
  std::vector<std::uint64_t> failed;  // Their seeds.
  std::size_t left_out = 0;           // By the budget, or because the user ended it.

  bool ok() const { return failed.empty() && passed > 0; }
};

// Prints a line for each run, and a summary. `checks` are those of the experiments.
Tally run_suite(const SuiteOptions& options, const plan::Checks& checks, std::ostream& out,
                const std::stop_token& stop);

// The command that repeats the run of one seed.
std::string replay_command(const SuiteOptions& options, std::uint64_t seed);

}  // namespace stampede::faults
