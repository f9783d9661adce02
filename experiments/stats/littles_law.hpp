// Little's law: in a closed loop, virtual users = iterations per second × (time in the system +
// think time). A run that breaks it by more than 5 % was not measured properly: users were stuck,
// the generator was late, or responses were lost. It is a warning on the report, never a failure.
//
// J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9 (1961).

#pragma once

namespace stampede::stats {

inline constexpr double kLittlesLawTolerance = 0.05;

struct LittlesLaw {
  double expected_users = 0;  // As many as the rate and the times imply.
  double deviation = 0;       // (expected - actual) / actual: -0.2 says that a fifth was missing.
  bool holds = false;
};

// `users` is the time-averaged number of virtual users, `rate` counts all finished iterations per
// second, both times are means in seconds. Without users or iterations the law says nothing: it
// holds.
LittlesLaw littles_law(double users, double rate, double latency_s, double think_s);

}  // namespace stampede::stats
