#include "experiments/plan/sweep.hpp"

#include <algorithm>
#include <utility>

#include "core/config/text.hpp"
#include "experiments/plan/bench.hpp"
#include "experiments/plan/cells.hpp"

namespace stampede::plan {
namespace {

using config::Tree;

constexpr const char* kOrigin = "sweep";

struct Word {
  std::string key;
  std::vector<Tree> values;
};

// A command line has no lines.
void forget_lines(Tree& tree) {
  tree.origin.line = 0;
  for (Tree& item : tree.items) forget_lines(item);
  for (auto& [key, value] : tree.entries) forget_lines(value);
}

// The values are read as the inside of a YAML list, which knows where a comma separates.
std::optional<Word> read_word(const std::string& word, config::Faults& faults) {
  const auto equals = word.find('=');
  const std::string key(config::trim(std::string_view(word).substr(0, equals)));
  const std::string values =
      equals == std::string::npos ? "" : std::string(config::trim(word.substr(equals + 1)));
  if (key.empty() || values.empty()) {
    faults.push_back(
        {{kOrigin, 0}, word, "expected key=value,value, for example lock.use=global,per_user"});
    return std::nullopt;
  }
  config::Faults inside;
  auto list = config::parse_yaml("[" + values + "]", kOrigin, inside);
  if (!list || !list->is_list()) {
    faults.push_back({{kOrigin, 0}, key, "cannot read the values \"" + values + "\""});
    return std::nullopt;
  }
  forget_lines(*list);
  return Word{key, std::move(list->items)};
}

// Where a key stands in an experiment file.
std::string place_of(const std::string& key) {
  const auto block = key.substr(0, key.find('.'));
  return is_block(block) ? key : "base." + key;
}

void add_setting(Tree& file, const std::string& key, Tree value) {
  config::set_at(file, place_of(key), std::move(value));
}

void add_number(Tree& file, const std::string& key, std::optional<std::int64_t> value) {
  if (value) file.entries.emplace_back(key, Tree::scalar_of(std::to_string(*value)));
}

void add_word(Tree& file, Tree& matrix, Word word) {
  if (word.values.size() == 1) {
    add_setting(file, word.key, std::move(word.values.front()));
    return;
  }
  Tree axis;
  axis.kind = Tree::Kind::kList;
  axis.origin = {kOrigin, 0};
  axis.items = std::move(word.values);
  matrix.entries.emplace_back(word.key, std::move(axis));
}

}  // namespace

std::optional<Tree> sweep_experiment(const SweepRequest& request, config::Faults& faults) {
  const std::size_t faults_before = faults.size();
  Tree file = Tree::map({kOrigin, 0});
  file.entries.emplace_back("experiment", Tree::scalar_of(request.name, {kOrigin, 0}));
  Tree matrix = Tree::map({kOrigin, 0});
  std::vector<std::string> keys;
  for (const std::string& text : request.words) {
    auto word = read_word(text, faults);
    if (!word) continue;
    if (std::ranges::find(keys, word->key) != keys.end()) {
      faults.push_back({{kOrigin, 0}, word->key, "is given twice"});
    }
    keys.push_back(word->key);
    add_word(file, matrix, std::move(*word));
  }
  for (const std::string& setting : request.settings) {
    Tree scratch = Tree::map();
    if (!config::apply_setting(scratch, setting, kOrigin, faults)) continue;
    const std::string key(config::trim(setting.substr(0, setting.find('='))));
    add_setting(file, key, *scratch.at(key));
  }
  if (matrix.entries.empty() && faults.size() == faults_before) {
    faults.push_back({{kOrigin, 0},
                      "",
                      "expected at least one key with several values, for example "
                      "lock.use=global,per_user"});
  }
  file.entries.emplace_back("matrix", std::move(matrix));
  add_number(file, "blocks", request.blocks);
  add_number(file, "seed", request.seed);
  if (faults.size() > faults_before) return std::nullopt;
  return file;
}

}  // namespace stampede::plan
