#include "experiments/plan/read_experiment.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "core/config/dotted.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"
#include "experiments/plan/cells.hpp"
#include "experiments/plan/matrix.hpp"
#include "experiments/plan/scale.hpp"

namespace stampede::plan {
namespace {

using config::Tree;

constexpr std::int64_t kMostBlocks = 1000;
constexpr double kMostScale = 1000;

bool is_scale(double scale) { return scale > 0 && scale <= kMostScale; }

void check_name(config::MapReader& reader, const std::string& name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (name.empty() || !plain || name.front() == '.') {
    reader.fault("experiment", "expected a name of letters, digits, - and _, as it names a folder");
  }
}

void read_thresholds(config::MapReader& reader, Experiment& experiment, config::Faults& faults) {
  const Tree* list = reader.child("thresholds");
  if (list == nullptr) return;
  if (!list->is_list()) {
    reader.fault("thresholds", "expected a list such as [\"p(95) < 5s\"]");
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Tree& item = list->items[i];
    const std::string key = fmt::format("thresholds[{}]", i);
    if (!item.is_scalar()) {
      faults.push_back({item.origin, key, "expected a text such as \"p(95) < 5s\""});
      continue;
    }
    auto threshold = parse_threshold(item.scalar);
    if (threshold) {
      experiment.thresholds.push_back(std::move(*threshold));
    } else {
      faults.push_back(
          {item.origin, key, fmt::format("\"{}\": {}", item.scalar, threshold.error().message)});
    }
  }
}

// Everything but the cells.
Experiment read_head(config::MapReader& reader, config::Faults& faults) {
  Experiment experiment;
  reader.require("experiment");
  experiment.name = reader.text("experiment", "");
  if (reader.has("experiment")) check_name(reader, experiment.name);
  experiment.question = reader.text("question", "");
  experiment.blocks = static_cast<std::size_t>(reader.integer("blocks", 6, 1, kMostBlocks));
  experiment.seed = static_cast<std::uint64_t>(reader.integer("seed", 1, 0));
  experiment.rules.max_foreign_cpu =
      reader.real("max_foreign_cpu", experiment.rules.max_foreign_cpu, 0, 1);
  read_thresholds(reader, experiment, faults);
  if (const Tree* documented = reader.child("documented")) {
    experiment.documented = read_documented(*documented, "documented", faults);
  }
  for (const auto* key :
       {"base", "data", "load", "profile", "variants", "matrix", "baseline", "expect"}) {
    reader.child(key);
  }
  for (const std::string& key : bench_keys()) reader.child(key);
  reader.finish();
  return experiment;
}

void apply_numbers(Experiment& experiment, const Overrides& overrides, config::Faults& faults) {
  if (overrides.blocks) {
    if (*overrides.blocks < 1 || *overrides.blocks > kMostBlocks) {
      faults.push_back({{"--blocks", 0},
                        "",
                        fmt::format("expected 1 to {}, got {}", kMostBlocks, *overrides.blocks)});
    } else {
      experiment.blocks = static_cast<std::size_t>(*overrides.blocks);
      experiment.notes.push_back(fmt::format("--blocks {}", *overrides.blocks));
    }
  }
  if (overrides.seed) {
    if (*overrides.seed < 0) {
      faults.push_back(
          {{"--seed", 0}, "", fmt::format("expected 0 or more, got {}", *overrides.seed)});
    } else {
      experiment.seed = static_cast<std::uint64_t>(*overrides.seed);
    }
  }
  if (overrides.scale && !is_scale(*overrides.scale)) {
    faults.push_back(
        {{"--scale", 0},
         "",
         fmt::format("expected more than 0 and at most {}, got {}", kMostScale, *overrides.scale)});
  }
}

// --set wins over the file and over every variant. Setting an axis would make all cells alike.
void apply_settings(std::vector<Draft>& drafts, Experiment& experiment, const Overrides& overrides,
                    config::Faults& faults) {
  Tree over = Tree::map({"--set", 0});
  for (const std::string& setting : overrides.settings) {
    if (!config::apply_setting(over, setting, "--set", faults)) continue;
    const std::string key(config::trim(setting.substr(0, setting.find('='))));
    if (std::ranges::find(experiment.axes, key) != experiment.axes.end()) {
      faults.push_back(
          {{"--set", 0}, key, "is an axis of the matrix; choose among its values with --only"});
    }
    experiment.notes.push_back("--set " + setting);
  }
  over = config::nested(over, "", faults);
  for (Draft& draft : drafts) draft.whole = config::merge(draft.whole, over);
}

void apply_scale(std::vector<Draft>& drafts, Experiment& experiment, const Overrides& overrides) {
  if (!overrides.scale || *overrides.scale == 1 || !is_scale(*overrides.scale)) return;
  for (Draft& draft : drafts) {
    if (Tree* load = draft.whole.find("load")) scale_load(*load, *overrides.scale);
  }
  experiment.notes.push_back(
      fmt::format("--scale {}: durations and iterations of the load are "
                  "multiplied; rates and users are not",
                  *overrides.scale));
}

std::vector<std::string> names_of(const std::vector<Draft>& drafts) {
  std::vector<std::string> names;
  for (const Draft& draft : drafts) names.push_back(draft.name);
  return names;
}

bool has_values(const Draft& draft, const Tree& wanted) {
  return std::ranges::all_of(wanted.entries, [&](const auto& entry) {
    return std::ranges::find(draft.values, std::pair(entry.key, inline_text(entry.value))) !=
           draft.values.end();
  });
}

// The baseline's name: a cell's name, or values that only one cell has.
std::string find_baseline(const Tree& file, const std::vector<Draft>& drafts,
                          config::Faults& faults) {
  if (drafts.empty()) return "";
  const Tree* baseline = file.find("baseline");
  if (baseline == nullptr) return drafts.front().name;
  const auto names = names_of(drafts);
  if (baseline->is_scalar()) {
    if (std::ranges::find(names, baseline->scalar) != names.end()) return baseline->scalar;
    faults.push_back({baseline->origin, "baseline",
                      fmt::format("expected the name of a cell, got \"{}\"{}", baseline->scalar,
                                  config::suggestion(baseline->scalar, names))});
    return "";
  }
  std::vector<std::string> matches;
  for (const Draft& draft : drafts) {
    if (baseline->is_map() && has_values(draft, *baseline)) matches.push_back(draft.name);
  }
  if (matches.size() == 1) return matches.front();
  faults.push_back({baseline->origin, "baseline",
                    fmt::format("expected the name of a cell, or values that one cell has; {} have "
                                "these",
                                matches.size())});
  return "";
}

void check_documented_cells(const Tree& file, const Experiment& experiment,
                            const std::vector<Draft>& drafts, config::Faults& faults) {
  if (!experiment.documented) return;
  const auto names = names_of(drafts);
  const Tree* documented = file.find("documented");
  for (const auto* key : {"from", "to"}) {
    const Tree* value = documented->find(key);
    if (value == nullptr || !value->is_scalar()) continue;
    if (std::ranges::find(names, value->scalar) != names.end()) continue;
    faults.push_back({value->origin, fmt::format("documented.{}", key),
                      fmt::format("expected the name of a cell, got \"{}\"{}", value->scalar,
                                  config::suggestion(value->scalar, names))});
  }
}

// A mistake in the base shows in every cell and is one fault; one that only some cells have names
// them.
void gather_cell_faults(const std::vector<std::pair<std::string, config::Faults>>& by_cell,
                        config::Faults& faults) {
  std::vector<std::pair<config::Fault, std::vector<std::string>>> seen;
  for (const auto& [name, found] : by_cell) {
    for (const config::Fault& fault : found) {
      const auto same = std::ranges::find_if(seen, [&](const auto& entry) {
        return entry.first.origin.file == fault.origin.file &&
               entry.first.origin.line == fault.origin.line && entry.first.key == fault.key &&
               entry.first.message == fault.message;
      });
      if (same == seen.end()) {
        seen.push_back({fault, {name}});
      } else if (same->second.back() != name) {
        same->second.push_back(name);
      }
    }
  }
  for (auto& [fault, names] : seen) {
    if (names.size() < by_cell.size()) {
      fault.message +=
          fmt::format(" (in cell \"{}\"{})", names.front(),
                      names.size() == 1 ? "" : fmt::format(" and {} more", names.size() - 1));
    }
    faults.push_back(std::move(fault));
  }
}

std::vector<Cell> finish_cells(const std::vector<Draft>& drafts, const Checks& checks,
                               config::Faults& faults) {
  std::vector<Cell> cells;
  std::map<std::string, int> folders;
  std::vector<std::pair<std::string, config::Faults>> by_cell;
  for (const Draft& draft : drafts) {
    by_cell.emplace_back(draft.name, config::Faults{});
    cells.push_back(finish_cell(draft, checks, by_cell.back().second));
    // Two names may differ only in what a folder's name cannot hold.
    const int count = ++folders[cells.back().folder];
    if (count > 1) cells.back().folder += fmt::format("-{}", count);
  }
  gather_cell_faults(by_cell, faults);
  return cells;
}

void keep_only(Experiment& experiment, const Overrides& overrides, const std::string& baseline,
               config::Faults& faults) {
  std::vector<std::string> names;
  for (const Cell& cell : experiment.cells) names.push_back(cell.name);
  for (const std::string& pattern : overrides.only) {
    const auto matches = [&](const std::string& name) {
      return config::matches_glob(name, pattern);
    };
    if (std::ranges::none_of(names, matches)) {
      faults.push_back({{"--only", 0},
                        pattern,
                        fmt::format("matches no cell; cells: {}", config::one_of(names))});
    }
    experiment.notes.push_back("--only " + pattern);
  }
  if (!overrides.only.empty()) {
    std::erase_if(experiment.cells, [&](const Cell& cell) {
      return std::ranges::none_of(overrides.only, [&](const std::string& pattern) {
        return config::matches_glob(cell.name, pattern);
      });
    });
  }
  const auto found = std::ranges::find(experiment.cells, baseline, &Cell::name);
  if (found != experiment.cells.end()) {
    experiment.baseline = static_cast<std::size_t>(found - experiment.cells.begin());
  } else if (!overrides.only.empty()) {
    experiment.notes.push_back("the baseline was left out: nothing is compared");
  }
}

// The load and the thresholds of another experiment's file, as far as this one does not say
// otherwise. False when that file cannot be read.
bool apply_profile(Tree& tree, const std::filesystem::path& folder, config::Faults& faults) {
  const Tree* named = tree.find("profile");
  if (named == nullptr) return true;
  if (!named->is_scalar() || named->scalar.empty()) {
    faults.push_back({named->origin, "profile", "expected the file of another experiment"});
    return false;
  }
  const auto file = folder / named->scalar;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    faults.push_back({named->origin, "profile", fmt::format("there is no {}", file.string())});
    return false;
  }
  const auto profile = config::load_yaml(file, faults);
  if (!profile) return false;
  const Tree* load = profile->find("load");
  if (load == nullptr) {
    faults.push_back({named->origin, "profile", fmt::format("{} has no load", file.string())});
    return false;
  }
  Tree taken = Tree::map(profile->origin);
  taken.entries.emplace_back("load", *load);
  if (const Tree* thresholds = profile->find("thresholds")) {
    taken.entries.emplace_back("thresholds", *thresholds);
  }
  tree = config::merge(taken, tree);
  return true;
}

}  // namespace

std::optional<Experiment> experiment_from(const Tree& tree, const Overrides& overrides,
                                          const Checks& checks, config::Faults& faults) {
  const std::size_t faults_before = faults.size();
  config::MapReader reader(&tree, "", faults);
  Experiment experiment = read_head(reader, faults);
  std::vector<Draft> drafts = draft_cells(tree, experiment.axes, faults);
  apply_numbers(experiment, overrides, faults);
  apply_settings(drafts, experiment, overrides, faults);
  apply_scale(drafts, experiment, overrides);
  const std::string baseline = find_baseline(tree, drafts, faults);
  check_documented_cells(tree, experiment, drafts, faults);
  experiment.cells = finish_cells(drafts, checks, faults);
  keep_only(experiment, overrides, baseline, faults);
  experiment.yaml = config::to_yaml(tree);
  if (faults.size() > faults_before) return std::nullopt;
  return experiment;
}

std::optional<Experiment> read_experiment(const std::filesystem::path& file,
                                          const Overrides& overrides, const Checks& checks,
                                          config::Faults& faults) {
  auto tree = config::load_yaml(file, faults);
  if (!tree || !apply_profile(*tree, file.parent_path(), faults)) return std::nullopt;
  return experiment_from(*tree, overrides, checks, faults);
}

}  // namespace stampede::plan
