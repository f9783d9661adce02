#include "experiments/runner/run_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/text.hpp"
#include "experiments/environment/usage.hpp"
#include "experiments/plan/order.hpp"
#include "experiments/report/evaluate.hpp"
#include "experiments/report/exit_code.hpp"
#include "experiments/report/markdown.hpp"
#include "experiments/report/result_file.hpp"
#include "experiments/runner/backing.hpp"
#include "experiments/runner/collect.hpp"
#include "experiments/runner/cpus.hpp"
#include "experiments/runner/run_block.hpp"
#include "experiments/runner/run_folder.hpp"
#include "experiments/runner/versions.hpp"

namespace stampede::runner {

namespace {

namespace fs = std::filesystem;

report::Environment describe_environment() {
  const auto machine = environment::describe_machine();
  report::Environment environment{.cpu = machine.cpu,
                                  .processors = machine.processors,
                                  .memory_bytes = machine.memory_bytes,
                                  .kernel = machine.kernel,
                                  .system = machine.system,
                                  .git_commit = git_commit(),
                                  .versions = versions()};
  if (place({}).generator.empty()) {
    environment.warnings.emplace_back("one CPU: server and generator share it");
  }
  if (built_with_sanitizers()) {
    environment.warnings.emplace_back(
        "built with sanitizers: the figures say nothing about speed; use the release preset");
  }
  return environment;
}

bool is_done(const report::Cell& cell, std::size_t block) {
  return std::ranges::any_of(cell.blocks, [&](const report::Block& run) {
    return run.block == block &&
           (run.state == report::State::kDone || run.state == report::State::kNotApplicable);
  });
}

// Everything that one experiment's loop works on.
class Loop {
 public:
  Loop(const plan::Experiment& experiment, const RunOptions& options, report::Progress& progress,
       std::stop_token stop, Run& run)
      : backing_(run.result.run),
        experiment_(experiment),
        options_(options),
        progress_(progress),
        stop_(std::move(stop)),
        run_(run) {}

  Result<void> go() {
    const auto order =
        plan::block_order(experiment_.cells.size(), experiment_.blocks, experiment_.seed);
    const auto runs = experiment_.cells.size() * experiment_.blocks;
    std::size_t number = 0;
    for (std::size_t block = 0; block < order.size(); ++block) {
      for (std::size_t position = 0; position < order[block].size(); ++position) {
        ++number;
        const auto cell = order[block][position];
        if (is_done(run_.result.cells[cell], block)) continue;
        if (stop_.stop_requested()) return {};
        const Step step{
            .cell = cell, .block = block, .position = position, .number = number, .runs = runs};
        if (auto done = run_one(step); !done) return done;
      }
    }
    return {};
  }

 private:
  struct Step {
    std::size_t cell = 0;
    std::size_t block = 0;
    std::size_t position = 0;  // Within the block.
    std::size_t number = 0;    // From 1, of `runs`.
    std::size_t runs = 0;
  };

  Result<void> run_one(const Step& step) {
    const auto& cell = experiment_.cells[step.cell];
    if (!cell.needs.not_applicable.empty()) {
      return keep(step, {.block = step.block,
                         .position = step.position,
                         .state = report::State::kNotApplicable,
                         .failure = cell.needs.not_applicable,
                         .started_at = timestamp_now()});
    }
    if (!cell.needs.skipped.empty()) {
      return keep(step, {.block = step.block,
                         .position = step.position,
                         .state = report::State::kSkipped,
                         .failure = cell.needs.skipped,
                         .started_at = timestamp_now()});
    }
    const BlockPlan plan{.cell = cell,
                         .block = step.block,
                         .seed = experiment_.seed + step.block,
                         .server_program = options_.server_program,
                         .folder = fs::absolute(run_.folder) / "cells" / cell.folder /
                                   fmt::format("{}", step.block + 1),
                         .cpus = place(cell.bench.cpus)};
    const Pinned pinned(plan.cpus.generator);
    if (cell.kafka_warmup.count() > 0 && backing_.starts_kafka(cell, plan.cpus)) {
      warm_up(step, plan);
    }
    if (stop_.stop_requested()) return {};
    const auto started_at = timestamp_now();
    const auto outcome = run_block(plan, backing_, stop_, shows(step));
    if (outcome.interrupted) return {};
    auto block = collect(plan, step.position, outcome);
    block.started_at = started_at;
    return keep(step, std::move(block));
  }

  // A broker's first minute is Java's compiler's: what it would do to the first cells is used up
  // here. Where it fails the run that counts says whether that matters.
  void warm_up(const Step& step, const BlockPlan& measured) {
    auto plan = measured;
    plan.folder += "-warmup";
    plan.light = plan.cell.kafka_warmup;
    progress_.say(fmt::format("the private Kafka is new: {} of light load, not measured",
                              config::format_duration(plan.light)));
    const auto outcome = run_block(plan, backing_, stop_, shows(step));
    if (!outcome.failure.empty()) progress_.say("the light load failed: " + outcome.failure);
    std::error_code ignored;
    fs::remove_all(plan.folder, ignored);
  }

  OnProgress shows(const Step& step) {
    return [this, step](const std::string& stage, const load::LoadProgress* progress) {
      progress_.update(status_of(step, stage, progress));
    };
  }

  Result<void> keep(const Step& step, report::Block block) {
    const auto& cell = experiment_.cells[step.cell];
    progress_.say(report::finished_line(cell.name, block, step.number, step.runs));
    auto& blocks = run_.result.cells[step.cell].blocks;
    std::erase_if(blocks, [&](const report::Block& old) { return old.block == step.block; });
    blocks.push_back(std::move(block));
    return save(run_.result, run_.folder);
  }

  report::RunStatus status_of(const Step& step, const std::string& stage,
                              const load::LoadProgress* progress) const {
    report::RunStatus status{.cell = experiment_.cells[step.cell].name,
                             .run = step.number,
                             .runs = step.runs,
                             .stage = stage};
    if (progress == nullptr) return status;
    status.elapsed_s = std::chrono::duration<double>(progress->elapsed).count();
    status.planned_s = std::chrono::duration<double>(progress->planned).count();
    for (const auto& second : progress->timeline) {
      status.tps.push_back(static_cast<double>(second.successes));
    }
    return status;
  }

  Backing backing_;
  const plan::Experiment& experiment_;
  const RunOptions& options_;
  report::Progress& progress_;
  const std::stop_token stop_;
  Run& run_;
};

Result<Run> begin(const plan::Experiment& experiment, const RunOptions& options) {
  if (options.resume) {
    auto found = find_resumable(options.results, experiment);
    if (!found) return Unexpected(found.error());
    return Run{std::move(found->result), std::move(found->folder)};
  }
  auto folder = make_run_folder(options.results, experiment.name);
  if (!folder) return Unexpected(folder.error());
  Run run{report::begin_result(experiment), std::move(*folder)};
  run.result.run = run.folder.filename().string();
  run.result.started_at = timestamp_now();
  const auto written = report::write_file(run.folder / "experiment.yaml", experiment.yaml);
  if (!written) return Unexpected(written.error());
  return run;
}

}  // namespace

Result<Run> run_experiment(const plan::Experiment& experiment, const RunOptions& options,
                           report::Progress& progress, const std::stop_token& stop) {
  if (const auto ready = Backing::check(experiment); !ready) return Unexpected(ready.error());
  auto run = begin(experiment, options);
  if (!run) return run;
  run->result.command = options.command;
  run->result.environment = describe_environment();
  for (const auto& cell : experiment.cells) {
    if (cell.needs.caveat.empty()) continue;
    run->result.environment.warnings.push_back(cell.name + ": " + cell.needs.caveat);
  }
  // What run.json says until the end, so that what a killed bench leaves does not read as passed.
  run->result.interrupted = true;
  run->result.exit_code = static_cast<int>(report::ExitCode::kEnvironment);
  run->result.exit_reason = "the run did not come to its end";
  {
    Loop loop(experiment, options, progress, stop, *run);
    if (auto done = loop.go(); !done) return Unexpected(done.error());
  }
  run->result.interrupted = std::ranges::any_of(run->result.cells, [&](const report::Cell& cell) {
    return cell.blocks.size() < experiment.blocks;
  });
  run->result.finished_at = timestamp_now();
  report::evaluate(experiment, run->result);
  if (auto saved = save(run->result, run->folder); !saved) return Unexpected(saved.error());
  const auto written =
      report::write_file(run->folder / "report.md", report::markdown_report(run->result));
  if (!written) return Unexpected(written.error());
  return run;
}

}  // namespace stampede::runner
