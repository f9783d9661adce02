#include <algorithm>
#include <array>
#include <string_view>

#include "experiments/report/evaluate.hpp"
#include "experiments/report/figures.hpp"
#include "experiments/stats/factorial.hpp"

namespace stampede::report {
namespace {

constexpr std::array<std::string_view, 2> kSplit{"tps", "p95"};

struct Axis {
  std::string key;
  std::string before;  // The first value in the order of the cells,
  std::string after;   // and the last.
};

const std::string* value_of(const Cell& cell, const std::string& key) {
  const auto found =
      std::ranges::find(cell.values, key, &std::pair<std::string, std::string>::first);
  return found == cell.values.end() ? nullptr : &found->second;
}

// Nothing when an axis has but one value, or a cell leaves it out.
std::vector<Axis> axes_of(const RunResult& run) {
  std::vector<Axis> axes;
  for (const std::string& key : run.axes) {
    std::vector<std::string> values;
    for (const Cell& cell : run.cells) {
      const auto* value = value_of(cell, key);
      if (value == nullptr) return {};
      if (std::ranges::find(values, *value) == values.end()) values.push_back(*value);
    }
    if (values.size() < 2) return {};
    axes.push_back({key, values.front(), values.back()});
  }
  return axes;
}

// Which axes the cell has at their "after"; nothing for a value in between.
std::optional<std::uint32_t> combination_of(const Cell& cell, const std::vector<Axis>& axes) {
  std::uint32_t after = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto& value = *value_of(cell, axes[i].key);
    if (value == axes[i].after) {
      after |= 1U << i;
    } else if (value != axes[i].before) {
      return std::nullopt;
    }
  }
  return after;
}

}  // namespace

void split_effects(const plan::Experiment& experiment, RunResult& run) {
  run.effects.clear();
  run.interactions.clear();
  const auto axes = axes_of(run);
  if (axes.size() < 2 || axes.size() > stats::kMostFactors) return;
  std::vector<std::pair<std::uint32_t, const Cell*>> corners;
  for (const Cell& cell : run.cells) {
    if (const auto after = combination_of(cell, axes)) corners.emplace_back(*after, &cell);
  }
  if (corners.size() != std::size_t{1} << axes.size()) return;  // Not full: exclude, or --only.

  for (const std::string_view name : kSplit) {
    const std::string metric(name);
    std::vector<stats::Run> runs;
    for (const auto& [after, cell] : corners) {
      for (const Block& block : cell->blocks) {
        if (block.state != State::kDone) continue;
        const Figure reached = figure(block, metric);
        runs.push_back({block.block, after, reached.value, block.foreign_cpu, reached.censored});
      }
    }
    const auto found = stats::analyse(axes.size(), runs, experiment.rules);
    for (const auto& effect : found.effects) {
      const Axis& axis = axes[effect.factor];
      run.effects.push_back(
          {metric, axis.key, axis.before, axis.after, effect.comparison, effect.share});
    }
    for (const auto& [first, second, comparison] : found.interactions) {
      run.interactions.push_back({metric, axes[first].key, axes[second].key, comparison});
    }
  }
}

}  // namespace stampede::report
