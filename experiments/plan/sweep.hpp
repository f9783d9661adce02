// An experiment from one line: `stampede sweep lock.use=global,per_user --vus 50 --duration 3s`. A
// word with several values is an axis, a word with one is part of the base. The result is an
// ordinary experiment file, so that it can be printed, saved and run again.
//
// Pure functions: safe to call from any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::plan {

struct SweepRequest {
  std::vector<std::string>
      words;  // "lock.use=global,per_user"; commas inside [] and {} do not split.
  std::vector<std::string> settings;  // "load.vus=50": what the other options of the command mean.
  std::optional<std::int64_t> blocks;
  std::optional<std::int64_t> seed;
  std::string name = "sweep";
};

// The tree of an experiment file; its text is config::to_yaml(). Nothing when there is a fault: a
// word that is not key=value, a key twice, no axis at all.
std::optional<config::Tree> sweep_experiment(const SweepRequest& request, config::Faults& faults);

}  // namespace stampede::plan
