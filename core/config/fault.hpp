// What is wrong with a user's input: where, which key, and what was expected. Faults are collected,
// so that all of a file's mistakes are reported at once.

#pragma once

#include <string>
#include <vector>

namespace stampede::config {

// Where a value was written: a line of a file, or something without lines ("--set", an environment
// variable).
struct Origin {
  std::string file;
  int line = 0;  // From 1; 0 when there are no lines.
};

struct Fault {
  Origin origin;
  std::string key;      // Dotted path: "lock.use". May be empty.
  std::string message;  // What was found, and what was expected.
};

using Faults = std::vector<Fault>;

// "demo.yaml:12: lock.use: ..."
std::string describe(const Fault& fault);

// One line each, in the order of the file.
std::string describe(const Faults& faults);

}  // namespace stampede::config
