// Shows how a run goes. On a terminal one line is rewritten in place, with a sparkline of the
// throughput; elsewhere (a pipe, a dumb terminal) there is one plain line for each finished run, so
// that a log stays readable.
//
// Use from one thread. The destructor clears the line that is being rewritten.

#pragma once

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "experiments/report/result.hpp"
#include "experiments/report/terminal.hpp"

namespace stampede::report {

// The run that is under way.
struct RunStatus {
  std::string cell;
  std::size_t run = 1;  // From 1, of all runs of the experiment.
  std::size_t runs = 1;
  std::string stage;        // "starting", "seeding", "warm-up", "load", "draining", "auditing".
  double elapsed_s = 0;     // Of the stage,
  double planned_s = 0;     // and how long it is meant to take; 0: nobody knows.
  std::vector<double> tps;  // Per second so far.
};

// One line without its newline, no wider than the terminal.
std::string status_line(const RunStatus& status, const Terminal& terminal);

// What one finished run measured: "[3/12] per_user, block 2: 812 TPS, p95 28.1 ms, audits pass".
std::string finished_line(const std::string& cell, const Block& block, std::size_t run,
                          std::size_t runs);

// The last `width` values as bars, scaled to the highest of them; ASCII where the terminal has
// nothing better.
std::string sparkline(std::span<const double> values, std::size_t width, bool unicode);

class Progress {
 public:
  // `out` outlives this.
  Progress(std::FILE* out, const Terminal& terminal);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Call as often as you like; nothing is written where lines cannot be rewritten.
  void update(const RunStatus& status);
  // A line that stays.
  void say(const std::string& line);

 private:
  void clear();

  std::FILE* const out_;
  const Terminal terminal_;
  bool line_open_ = false;
  std::string shown_;
};

}  // namespace stampede::report
