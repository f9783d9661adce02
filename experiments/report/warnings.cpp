#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "experiments/report/evaluate.hpp"
#include "experiments/stats/littles_law.hpp"

namespace stampede::report {
namespace {

constexpr double kManyErrors = 0.01;
constexpr std::size_t kBlocksForPValue = 6;

using Lines = std::vector<std::string>;

void about_state(const Cell& cell, Lines& lines) {
  if (cell.state == State::kDone) return;
  const std::string first = cell.state_reason.substr(0, cell.state_reason.find('\n'));
  lines.push_back(fmt::format("{}: {}{}{}", cell.name, to_string(cell.state),
                              first.empty() ? "" : ": ", first));
}

void about_errors(const Cell& cell, Lines& lines) {
  const Outcomes& outcomes = cell.summary.outcomes;
  if (outcomes.answered() == 0) return;
  const double rate =
      static_cast<double>(outcomes.faults()) / static_cast<double>(outcomes.answered());
  if (rate <= kManyErrors) return;
  lines.push_back(fmt::format("{}: {:.1f} % of the requests ended in an error{}{}", cell.name,
                              rate * 100, cell.summary.faults.empty() ? "" : ", most often ",
                              cell.summary.faults.empty() ? "" : cell.summary.faults.front().name));
}

void about_generator(const Cell& cell, Lines& lines) {
  std::uint64_t dropped = 0;
  for (const Block& block : cell.blocks) dropped += block.generator.dropped;
  if (!cell.summary.saturated) return;
  lines.push_back(fmt::format("{}: the generator could not drive this cell{}; it is not ranked",
                              cell.name,
                              dropped > 0 ? fmt::format(" ({} arrivals dropped)", dropped) : ""));
}

void about_open_requests(const Cell& cell, Lines& lines) {
  std::string uncertain;
  for (const Quantile& quantile : cell.summary.quantiles) {
    if (!quantile.certain) uncertain += (uncertain.empty() ? "" : ", ") + quantile.name;
  }
  if (uncertain.empty()) return;
  lines.push_back(
      fmt::format("{}: {} requests were never answered: {} cannot be "
                  "told",
                  cell.name, cell.summary.outcomes.censored, uncertain));
}

void about_littles_law(const Cell& cell, Lines& lines) {
  stats::LittlesLaw worst;
  const Block* where = nullptr;
  for (const Block& block : cell.blocks) {
    if (block.state != State::kDone || !block.closed_loop) continue;
    const auto law = stats::littles_law(block.average_vus, block.iterations_per_s,
                                        block.mean_iteration_s, block.mean_think_s);
    if (law.holds || std::abs(law.deviation) <= std::abs(worst.deviation)) continue;
    worst = law;
    where = &block;
  }
  if (where == nullptr) return;
  lines.push_back(
      fmt::format("{}: Little's law is off by {:+.0f} % in block {}: {:.1f} users, rate x "
                  "(latency + think time) = {:.1f}",
                  cell.name, worst.deviation * 100, where->block + 1, where->average_vus,
                  worst.expected_users));
}

void about_unknown_audits(const Cell& cell, Lines& lines) {
  for (const AuditSummary& audit : cell.summary.audits) {
    if (audit.state != plan::AuditState::kUnknown) continue;
    lines.push_back(
        fmt::format("{}: audit {} is unknown: {}", cell.name, audit.name, audit.summary));
  }
}

void about_foreign_load(const RunResult& run, Lines& lines) {
  std::vector<std::size_t> blocks;
  for (const Cell& cell : run.cells) {
    for (const Block& block : cell.blocks) {
      if (block.state == State::kDone && block.foreign_cpu > run.max_foreign_cpu) {
        blocks.push_back(block.block);
      }
    }
  }
  if (blocks.empty()) return;
  std::ranges::sort(blocks);
  const auto runs = blocks.size();
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  lines.push_back(fmt::format(
      "other processes used more than {:.0f} % of the CPU during {} run{} in "
      "{} of {} blocks: their pairs are left out of the comparisons",
      run.max_foreign_cpu * 100, runs, runs == 1 ? "" : "s", blocks.size(), run.blocks));
}

}  // namespace

std::vector<std::string> warnings_of(const RunResult& run) {
  Lines lines = run.environment.warnings;
  if (run.interrupted) lines.emplace_back("interrupted: what follows covers the finished runs");
  for (const Cell& cell : run.cells) {
    about_state(cell, lines);
    if (cell.summary.blocks == 0) continue;
    about_errors(cell, lines);
    about_generator(cell, lines);
    about_open_requests(cell, lines);
    about_littles_law(cell, lines);
    about_unknown_audits(cell, lines);
  }
  about_foreign_load(run, lines);
  if (run.cells.size() > 1 && run.blocks < kBlocksForPValue) {
    lines.push_back(fmt::format("{} block{}: intervals are wide, and p-values need {}", run.blocks,
                                run.blocks == 1 ? "" : "s", kBlocksForPValue));
  }
  return lines;
}

}  // namespace stampede::report
