// Runs an experiment block by block and keeps what is finished: run.json is complete after each run
// of a cell, so that Ctrl-C, a crash of the bench or a power cut cost at most the run in progress.
//
//   results/<experiment>/<run>/run.json, report.md, experiment.yaml
//   results/<experiment>/<run>/cells/<cell>/<block>/server.yaml, server.log
//   results/latest -> <experiment>/<run>

#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/plan/experiment.hpp"
#include "experiments/report/progress.hpp"
#include "experiments/report/result.hpp"

namespace stampede::runner {

struct RunOptions {
  std::filesystem::path results = "results";
  std::filesystem::path server_program;
  std::vector<std::string> command;  // What was typed, for the report.
  bool resume = false;  // Goes on with the experiment's newest run, which must be the same one.
};

struct Run {
  report::RunResult result;  // Evaluated.
  std::filesystem::path folder;
};

// kNotFound when a private server needs a program that is not installed; kUnavailable when results
// cannot be written; kInvalid when there is nothing that could be
// resumed. A cell that fails is part of the result, not an error. Call it from a thread that lives
// until it returns: servers die with the thread that started them.
Result<Run> run_experiment(const plan::Experiment& experiment, const RunOptions& options,
                           report::Progress& progress, const std::stop_token& stop);

}  // namespace stampede::runner
