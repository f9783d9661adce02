// What the exit status of `stampede` tells a script or a CI.

#pragma once

namespace stampede::report {

enum class ExitCode : int {
  kPassed = 0,       // Done, and every expectation held.
  kUsage = 1,        // The command line or a configuration file is wrong; nothing was started.
  kEnvironment = 2,  // The machine or a service did not do what it should: a port, a file, a child.
  kAudit = 3,        // An audit did not come out as the experiment expects.
  kThreshold = 4,    // A threshold was missed.
  kRegression = 5,   // `compare` found a result worse than its baseline.
};

}  // namespace stampede::report
