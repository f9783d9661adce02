#include "experiments/plan/cells.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "core/config/dotted.hpp"
#include "experiments/plan/data.hpp"
#include "experiments/plan/matrix.hpp"
#include "experiments/plan/scale.hpp"

namespace stampede::plan {
namespace {

using config::Tree;

// Base and the blocks side by side.
Tree common_tree(const Tree& file, config::Faults& faults) {
  Tree whole = Tree::map(file.origin);
  if (const Tree* base = file.find("base")) {
    whole = config::nested(*base, "base", faults);
    for (const std::string& block : block_keys()) {
      const Tree* misplaced = whole.find(block);
      if (misplaced == nullptr) continue;
      faults.push_back({misplaced->origin, fmt::format("base.{}", block),
                        "belongs at the top level of the file, beside base"});
    }
  }
  for (const std::string& block : block_keys()) {
    if (const Tree* tree = file.find(block)) {
      whole.entries.emplace_back(block, config::nested(*tree, block, faults));
    }
  }
  return whole;
}

void list_leaves(const Tree& tree, const std::string& path,
                 std::vector<std::pair<std::string, std::string>>& leaves) {
  if (!tree.is_map() || tree.entries.empty()) {
    leaves.emplace_back(path, inline_text(tree));
    return;
  }
  for (const auto& [key, value] : tree.entries) {
    list_leaves(value, config::key_path(path, key), leaves);
  }
}

std::vector<Draft> variant_drafts(const Tree& variants, const Tree& common,
                                  config::Faults& faults) {
  std::vector<Draft> drafts;
  if (!variants.is_map() || variants.entries.empty()) {
    faults.push_back({variants.origin, "variants",
                      "expected at least one name with what it changes, for example after: {lock: "
                      "{use: per_user}}"});
    return drafts;
  }
  for (const auto& [name, changes] : variants.entries) {
    const std::string path = "variants." + name;
    if (!changes.is_map() && changes.kind != Tree::Kind::kNull) {
      faults.push_back({changes.origin, path, "expected a map of what this variant changes"});
      continue;
    }
    Draft draft{name, {}, common, changes.origin};
    if (changes.is_map() && !changes.entries.empty()) {
      const Tree over = config::nested(changes, path, faults);
      list_leaves(over, "", draft.values);
      draft.whole = config::merge(common, over);
    }
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

// The axis values, "-" where an added combination leaves an axis to the base, and what an added
// combination sets besides.
std::string name_of(const Combination& combination, const std::vector<std::string>& axes) {
  std::string name;
  const auto append = [&name](const std::string& part) {
    name += (name.empty() ? "" : "/") + part;
  };
  for (const std::string& axis : axes) {
    const auto found = std::ranges::find(combination.values, axis, &Values::value_type::key);
    append(found == combination.values.end() ? "-" : inline_text(found->value));
  }
  if (combination.from_axes > 0) return name;
  for (const auto& [key, value] : combination.values) {
    const bool is_axis = std::ranges::find(axes, key) != axes.end();
    if (!is_axis && key != "expect" && !key.starts_with("expect.")) {
      append(fmt::format("{}={}", key, inline_text(value)));
    }
  }
  return name;
}

std::vector<Draft> matrix_drafts(const Tree& tree, const Tree& common,
                                 std::vector<std::string>& axes, config::Faults& faults) {
  const std::size_t faults_before = faults.size();
  const Matrix matrix = read_matrix(tree, "matrix", faults);
  for (const Axis& axis : matrix.axes) axes.push_back(axis.key);
  if (faults.size() > faults_before) return {};
  std::vector<Draft> drafts;
  for (const Combination& combination : combine(matrix, "matrix", faults)) {
    Draft draft{name_of(combination, axes), {}, common, matrix.origin};
    Tree over = Tree::map(matrix.origin);
    for (const auto& [key, value] : combination.values) {
      const Tree inner = value.is_map() ? config::nested(value, key, faults) : value;
      config::put_nested(over, key, inner, "matrix", faults);
      draft.values.emplace_back(key, inline_text(value));
    }
    draft.whole = config::merge(common, over);
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

void check_names(const std::vector<Draft>& drafts, config::Faults& faults) {
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (drafts[i].name != drafts[k].name) continue;
      faults.push_back({drafts[i].origin, "matrix",
                        fmt::format("two combinations are called \"{}\"", drafts[i].name)});
      break;
    }
  }
}

std::string folder_of(const std::string& name) {
  std::string folder;
  for (const char c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' ||
                       c == '=' || c == '-';
    folder += plain ? c : '-';
  }
  return folder;
}

// A fault without a place is about something that is missing: the cell is the place to add it.
void add_faults(config::Faults found, const Draft& draft, config::Faults& faults) {
  for (config::Fault& fault : found) {
    if (fault.origin.file.empty()) fault.origin = draft.origin;
    faults.push_back(std::move(fault));
  }
}

}  // namespace

const std::vector<std::string>& block_keys() {
  static const std::vector<std::string> kKeys = [] {
    auto keys = bench_keys();
    keys.insert(keys.end(), {"load", "data", "expect"});
    return keys;
  }();
  return kKeys;
}

bool is_block(std::string_view key) {
  return std::ranges::find(block_keys(), key) != block_keys().end();
}

std::vector<Draft> draft_cells(const Tree& file, std::vector<std::string>& axes,
                               config::Faults& faults) {
  const Tree common = common_tree(file, faults);
  const Tree* variants = file.find("variants");
  const Tree* matrix = file.find("matrix");
  if (variants != nullptr && matrix != nullptr) {
    faults.push_back({matrix->origin, "matrix", "expected either variants or matrix, not both"});
  }
  std::vector<Draft> drafts;
  if (variants != nullptr) {
    drafts = variant_drafts(*variants, common, faults);
  } else if (matrix != nullptr) {
    drafts = matrix_drafts(*matrix, common, axes, faults);
  } else {
    drafts.push_back({"base", {}, common, file.origin});
  }
  check_names(drafts, faults);
  return drafts;
}

Cell finish_cell(const Draft& draft, const Checks& checks, config::Faults& faults) {
  Cell cell;
  cell.name = draft.name;
  cell.folder = folder_of(draft.name);
  cell.values = draft.values;
  cell.server = Tree::map(draft.whole.origin);
  cell.load = Tree::map(draft.whole.origin);
  for (const auto& [key, value] : draft.whole.entries) {
    if (!is_block(key)) cell.server.entries.emplace_back(key, value);
  }
  if (const Tree* load = draft.whole.find("load")) cell.load = *load;
  cell.bench_tree = Tree::map(draft.whole.origin);
  for (const std::string& key : bench_keys()) {
    if (const Tree* block = draft.whole.find(key))
      cell.bench_tree.entries.emplace_back(key, *block);
  }
  config::Faults found;
  cell.bench = read_bench(cell.bench_tree, found);
  cell.data = read_data(draft.whole.find("data"), "data", found);
  cell.expect = read_expectations(draft.whole.find("expect"), "expect", checks.audits, found);
  if (checks.load) std::ranges::move(checks.load(cell.load), std::back_inserter(found));
  if (checks.server) std::ranges::move(checks.server(cell.server), std::back_inserter(found));
  if (checks.cell) std::ranges::move(checks.cell(cell), std::back_inserter(found));
  if (checks.needs) std::ranges::move(checks.needs(cell, cell.needs), std::back_inserter(found));
  cell.load_time = load_time(cell.load);
  if (cell.needs.kafka && cell.bench.injections.empty()) {
    cell.kafka_warmup = cell.bench.kafka.warmup;
  }
  add_faults(std::move(found), draft, faults);
  return cell;
}

}  // namespace stampede::plan
