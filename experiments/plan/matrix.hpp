// A matrix of configuration values and its combinations, with the meaning that GitHub Actions gives
// to `strategy.matrix`, including `include` and `exclude`:
//
//   - the axes are multiplied, the first axis varying slowest;
//   - `exclude` goes first; an entry removes each combination that has all of its values;
//   - then each `include` entry, in order, is added to each original combination whose axis values
//     it would not overwrite; values that an earlier entry added may be overwritten. An entry that
//     fits no original combination becomes a combination of its own.
//
// https://docs.github.com/actions/using-jobs/using-a-matrix-for-your-jobs
//
// Pure functions over plain data: safe to call from any thread.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::plan {

// Dotted keys and their values, in the order in which they were given.
using Values = std::vector<config::Tree::Entry>;

struct Axis {
  std::string key;
  std::vector<config::Tree> values;
  config::Origin origin;
};

struct Entry {  // Of include or exclude.
  Values values;
  config::Origin origin;
};

struct Matrix {
  std::vector<Axis> axes;
  std::vector<Entry> include;
  std::vector<Entry> exclude;
  config::Origin origin;
};

struct Combination {
  Values values;              // Axis values first, then what include added.
  std::size_t from_axes = 0;  // How many of the values are axis values; 0 for an added combination.
};

// Reads `matrix:`. More faults than syntax: an axis without values or with one twice, axes that
// overlap ("lock" and "lock.use"), an exclude key that is no axis, an include key that overlaps an
// axis.
Matrix read_matrix(const config::Tree& tree, const std::string& path, config::Faults& faults);

// Faults: an exclude entry that matches nothing, no combination left, more than kMostCells.
std::vector<Combination> combine(const Matrix& matrix, const std::string& path,
                                 config::Faults& faults);

inline constexpr std::size_t kMostCells = 1000;

// Whether two values are written the same, whatever lines they stand on.
bool same_value(const config::Tree& a, const config::Tree& b);

// One line: "10", "[1, 2]", "{a: 1}".
std::string inline_text(const config::Tree& value);

}  // namespace stampede::plan
