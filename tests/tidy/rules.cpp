#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <map>
#include <regex>

#include "core/config/text.hpp"
#include "tests/tidy/source_text.hpp"

namespace stampede::tidy {

namespace {

struct Layer {
  std::string folder;
  std::vector<std::string> may_include;  // Prefixes of paths, besides the folder itself.
};

// The longest folder that holds a file decides.
const std::vector<Layer>& layers() {
  static const std::vector<Layer> kLayers{
      // What a plugin sees stands on nothing else of ours.
      {"core/api/", {}},
      {"core/config/", {"core/api/"}},
      {"core/telemetry/", {"core/api/", "core/config/", "core/http/"}},
      {"core/pipeline/", {"core/api/"}},
      {"core/plugin/", {"core/api/", "core/config/"}},
      // The platform knows no experiments, and meets plugins through the catalog only.
      {"core/", {"core/"}},
      // A plugin sees the contracts and the export header; parts may be shared within a kind,
      // and the Redis client among whatever speaks Redis.
      {"plugins/locks/", {"core/api/", "core/plugin/export.hpp", "plugins/redis/"}},
      {"plugins/redis/", {"core/api/"}},
      {"plugins/gates/", {"core/api/", "core/plugin/export.hpp", "plugins/redis/"}},
      {"plugins/rankings/", {"core/api/", "core/plugin/export.hpp", "plugins/redis/"}},
      {"plugins/stores/", {"core/api/", "core/plugin/export.hpp"}},
      {"plugins/frontends/", {"core/api/", "core/plugin/export.hpp"}},
      {"plugins/", {"core/api/", "core/plugin/export.hpp"}},
      {"experiments/cli/", {"core/", "experiments/"}},
      // What is put to plugins, and what they start from, knows no experiments.
      {"experiments/check/", {"core/"}},
      {"experiments/templates/", {"core/"}},
      {"experiments/",
       {"core/", "experiments/audit/", "experiments/environment/", "experiments/load/",
        "experiments/plan/", "experiments/report/", "experiments/stats/"}},
      {"tests/", {"core/", "plugins/", "experiments/", "tests/"}},
  };
  return kLayers;
}

constexpr std::size_t kLongestFile = 400;

// Files that may be longer, each with the reason. None yet.
const std::map<std::string, std::string> kLongFiles{};

const Layer* layer_of(const std::string& file) {
  const Layer* best = nullptr;
  for (const auto& layer : layers()) {
    const bool holds = file.starts_with(layer.folder);
    if (holds && (best == nullptr || layer.folder.size() > best->folder.size())) best = &layer;
  }
  return best;
}

bool may_include(const Layer& layer, const std::string& included) {
  return layer_of(included) == &layer ||
         std::ranges::any_of(layer.may_include, [&included](const std::string& prefix) {
           return included.starts_with(prefix);
         });
}

bool is_source(const std::string& file) { return file.ends_with(".cpp") || file.ends_with(".hpp"); }

}  // namespace

std::string describe(const Violation& violation) {
  return violation.file + ":" + std::to_string(violation.line) + ": " + violation.message;
}

Violations check_includes(const std::string& file, std::string_view text) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  const auto* const layer = layer_of(file);
  Violations violations;
  if (layer == nullptr) {
    return {{file, 1, "is in a folder that no layer of tests/tidy/rules.cpp covers"}};
  }
  std::size_t number = 0;
  for (const auto& line : config::split(text, '\n')) {
    ++number;
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    const std::string included = match[2];
    const bool is_ours = layer_of(included) != nullptr;
    if (match[1] == "<") {
      if (is_ours) violations.push_back({file, number, "must include " + included + " in quotes"});
    } else if (!is_ours) {
      violations.push_back(
          {file, number, "must name " + included + " from the root of the repository"});
    } else if (!may_include(*layer, included)) {
      violations.push_back({file, number,
                            layer->folder + " must not include " + included + "; it may include " +
                                config::one_of(layer->may_include)});
    }
  }
  return violations;
}

Violations check_length(const std::string& file, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (lines <= kLongestFile || kLongFiles.contains(file)) return {};
  return {{file, lines,
           "has " + std::to_string(lines) + " lines; at most " + std::to_string(kLongestFile) +
               " fit a sitting"}};
}

Violations check_sql(const std::string& file, std::string_view text) {
  static const std::regex kStatement(
      R"re(^(\s|\\n)*(select\s.*\sfrom\s|insert\s+(or\s+\w+\s+)?into\s|update\s+\w+\s+set\s)re"
      R"re(|delete\s+from\s|replace\s+into\s|(create|alter|drop)\s+(unique\s+)?(table|index|view)\s)re"
      R"re(|pragma\s+\w+))re",
      std::regex::icase);
  // These are also plain words, so that only capitals count.
  static const std::regex kControl(
      R"re(^(BEGIN( IMMEDIATE| TRANSACTION)?|COMMIT|ROLLBACK( TO \w+)?|SAVEPOINT \w+)re"
      R"re(|RELEASE( SAVEPOINT)? \w+);? *$)re");
  Violations violations;
  for (const auto& literal : take_apart(text).literals) {
    auto one_line = literal.text + " ";
    std::ranges::replace(one_line, '\n', ' ');
    if (!std::regex_search(one_line, kStatement) && !std::regex_search(one_line, kControl))
      continue;
    violations.push_back(
        {file, literal.line, "holds SQL; put it into a .sql file: " + one_line.substr(0, 60)});
  }
  return violations;
}

Violations check_sleeps(const std::string& file, std::string_view text) {
  static const std::regex kSleep(R"re(\b(sleep_for|sleep_until|sleep|usleep|nanosleep)\s*\()re");
  Violations violations;
  std::size_t number = 0;
  for (const auto& line : take_apart(text).code) {
    ++number;
    if (!std::regex_search(line, kSleep)) continue;
    violations.push_back({file, number, "sleeps; wait on a condition with a deadline instead"});
  }
  return violations;
}

Violations check_reminders(const std::string& file, std::string_view text) {
  static const std::regex kReminder(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X)\\b");
  Violations violations;
  std::size_t number = 0;
  for (const auto& line : config::split(text, '\n')) {
    ++number;
    if (!std::regex_search(line, kReminder)) continue;
    violations.push_back({file, number, "leaves a reminder; do it, or open an issue"});
  }
  return violations;
}

Violations check(const std::string& file, std::string_view text) {
  Violations all;
  const auto add = [&](Violations (*rule)(const std::string&, std::string_view)) {
    for (auto& violation : rule(file, text)) all.push_back(std::move(violation));
  };
  add(check_reminders);
  if (!is_source(file)) return all;
  add(check_includes);
  add(check_length);
  add(check_sql);
  if (file.starts_with("tests/")) add(check_sleeps);
  return all;
}

}  // namespace stampede::tidy
