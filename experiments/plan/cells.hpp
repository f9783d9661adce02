// From base, variants or matrix, and overrides to complete cells. Internal to the plan; pure.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiments/plan/experiment.hpp"

namespace stampede::plan {

// One cell before its blocks are read: everything is still one tree, with the server's keys, load,
// data, expect and what is asked of the bench side by side.
struct Draft {
  std::string name;
  std::vector<std::pair<std::string, std::string>> values;
  config::Tree whole;
  config::Origin origin;  // Of the variant or the matrix.
};

// Keys that stand beside the server's, at the top level of the file, and are no part of them:
// the bench's, load, data and expect.
const std::vector<std::string>& block_keys();
bool is_block(std::string_view key);

// The drafts of an experiment file, in the order of the file, without the command line's overrides.
// `axes` receives the keys of a matrix.
std::vector<Draft> draft_cells(const config::Tree& file, std::vector<std::string>& axes,
                               config::Faults& faults);

// Splits a draft into its blocks, reads data, expect and bench, and has the rest checked.
Cell finish_cell(const Draft& draft, const Checks& checks, config::Faults& faults);

}  // namespace stampede::plan
