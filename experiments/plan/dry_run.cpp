#include "experiments/plan/dry_run.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "core/config/text.hpp"
#include "experiments/plan/order.hpp"

namespace stampede::plan {
namespace {

constexpr std::size_t kBlocksShown = 10;

std::string counted(std::size_t count, const std::string& thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string whole_seconds(std::chrono::nanoseconds duration) {
  return config::format_duration(std::chrono::ceil<std::chrono::seconds>(duration));
}

std::string headline(const Experiment& experiment) {
  std::string text = experiment.name;
  if (!experiment.question.empty()) text += ": " + experiment.question;
  const Estimate time = estimate(experiment);
  text += fmt::format("\n{} x {} = {}, {} {}\n", counted(experiment.cells.size(), "cell"),
                      counted(experiment.blocks, "block"),
                      counted(experiment.cells.size() * experiment.blocks, "run"),
                      time.complete ? "about" : "more than", whole_seconds(time.total));
  for (const std::string& note : experiment.notes) text += note + "\n";
  return text;
}

std::string cell_line(const Experiment& experiment, std::size_t index, std::size_t width) {
  const Cell& cell = experiment.cells[index];
  std::string line = fmt::format("  {:<{}}", cell.name, width);
  line += experiment.baseline == index ? "  baseline" : "";
  std::string values;
  for (const auto& [key, value] : cell.values) {
    values += fmt::format("{}{}={}", values.empty() ? "  " : ", ", key, value);
  }
  if (!cell.needs.not_applicable.empty()) {
    values += fmt::format("  not applicable: {}", cell.needs.not_applicable);
  } else if (!cell.needs.skipped.empty()) {
    values += fmt::format("  skipped: {}", cell.needs.skipped);
  }
  return line + values + "\n";
}

}  // namespace

Estimate estimate(const Experiment& experiment) {
  Estimate result;
  std::chrono::nanoseconds warmup{0};  // Once, of a broker that all cells share.
  for (const Cell& cell : experiment.cells) {
    if (!cell.needs.not_applicable.empty() || !cell.needs.skipped.empty()) continue;
    warmup = std::max(warmup, cell.kafka_warmup);
    result.total += kRunOverhead + cell.load_time.value_or(std::chrono::nanoseconds(0));
    if (!cell.load_time) result.complete = false;
  }
  result.total *= static_cast<std::int64_t>(experiment.blocks);
  if (warmup.count() > 0) result.total += kRunOverhead + warmup;
  return result;
}

std::string describe_plan(const Experiment& experiment) {
  std::string text = headline(experiment) + "\ncells\n";
  std::size_t width = 0;
  for (const Cell& cell : experiment.cells) width = std::max(width, cell.name.size());
  for (std::size_t i = 0; i < experiment.cells.size(); ++i) {
    text += cell_line(experiment, i, width);
  }
  text += fmt::format("\norder (seed {})\n", experiment.seed);
  const auto order = block_order(experiment.cells.size(), std::min(experiment.blocks, kBlocksShown),
                                 experiment.seed);
  for (std::size_t block = 0; block < order.size(); ++block) {
    std::string names;
    for (const std::size_t cell : order[block]) {
      names += (names.empty() ? "" : ", ") + experiment.cells[cell].name;
    }
    text += fmt::format("  {:>2}. {}\n", block + 1, names);
  }
  if (experiment.blocks > kBlocksShown) {
    text += fmt::format("  and {} more\n", experiment.blocks - kBlocksShown);
  }
  return text;
}

}  // namespace stampede::plan
