// Reads an experiment file. Strict: every mistake of the file is found in one go, each with file,
// line, key and what was expected, before anything starts.
//
//   experiment: lock-granularity          a name; the folder of its results
//   question: What does ... buy?
//   documented: {...}                     the claim, see documented.hpp
//   base: {...}                           a stampede-server config
//   data: {...}                           see data.hpp
//   load: {...}                           the load generator's block
//   profile: LT-001.yaml                  another experiment beside this one: its load and
//                                         thresholds, as far as this file does not say otherwise
//   instances, cpus, postgres, faults     what is asked of the bench, see bench.hpp
//   variants:                             either: a name and what it changes
//     before: {lock: {use: global}}
//   matrix:                               or: keys and values, see matrix.hpp
//     lock.use: [global, per_user]
//   baseline: before                      a cell's name; the first cell when left out
//   blocks: 6                             every cell once per block
//   seed: 1                               of the order within the blocks, and handed to the load
//   max_foreign_cpu: 0.25                 see stats::Rules
//   thresholds: ["p(95) < 5s"]            see threshold.hpp
//   expect: {audit.oversold: pass}        see expectation.hpp
//
// A variant and an entry of the matrix may set any key of the server config, and keys of the blocks
// load, data, expect, instances, cpus, postgres and faults: {load: {vus: 10}}, or "load.vus":
// [10, 20] as an axis. Keys may be dotted or nested, anywhere.
//
// Pure but for reading the file: safe to call from any thread.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "experiments/plan/experiment.hpp"

namespace stampede::plan {

// Nothing when there is a fault.
std::optional<Experiment> read_experiment(const std::filesystem::path& file,
                                          const Overrides& overrides, const Checks& checks,
                                          config::Faults& faults);

// The same from a tree that was read already.
std::optional<Experiment> experiment_from(const config::Tree& tree, const Overrides& overrides,
                                          const Checks& checks, config::Faults& faults);

}  // namespace stampede::plan
