// `stampede check PLUGIN`: puts every promise of its contract to a plugin.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "core/config/text.hpp"
#include "experiments/check/gate_checks.hpp"
#include "experiments/check/isolated.hpp"
#include "experiments/check/lock_checks.hpp"
#include "experiments/check/option_checks.hpp"
#include "experiments/check/plugin_bench.hpp"
#include "experiments/check/ranking_checks.hpp"
#include "experiments/check/store_checks.hpp"
#include "experiments/check/transport_checks.hpp"
#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {

namespace {

constexpr std::chrono::seconds kLimit{120};  // Of one check.

struct Options {
  check::PluginBench::Wanted wanted;
  std::vector<std::string> settings;
  std::vector<std::string> store_settings;
  std::string only;
  bool quick = false;
  bool full = false;
  bool json = false;
};

struct Verdict {
  std::string promise;
  check::Report report;

  bool broken() const { return !report.broken.empty(); }
  bool applies() const { return report.not_applicable.empty(); }
  const char* word() const {
    if (broken()) return "broken";
    return applies() ? "kept" : "does not apply";
  }
};

struct Checked {
  std::string subject;  // "lock/mine on memory".
  std::vector<Verdict> verdicts;

  std::ptrdiff_t count(bool (*matches)(const Verdict&)) const {
    return std::ranges::count_if(verdicts, matches);
  }
  bool passed() const { return std::ranges::none_of(verdicts, &Verdict::broken); }
};

// "name=value" pairs, or what is wrong with one.
Result<plugin::Settings> settings_of(const std::vector<std::string>& words) {
  plugin::Settings settings;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::kInvalid, "\"" + word + "\": expected option=value");
    }
    settings[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return settings;
}

// What takes many threads and some time comes last, and not at all when it is to be quick.
std::vector<check::Check> checks_of(plugin::Kind kind, const Options& options) {
  std::vector<check::Check> checks;
  const auto add = [&](std::span<const check::Check> group, int times = 1) {
    for (int i = 0; i < times; ++i) {
      for (const auto& check : group) {
        if (options.only.empty() || config::matches_glob(check.promise, options.only)) {
          checks.push_back(check);
        }
      }
    }
  };
  add(check::option_checks());
  if (kind == plugin::Kind::kTransport) {
    for (const auto group : check::transport_checks()) add(group, options.full ? 5 : 1);
    return checks;
  }
  if (kind == plugin::Kind::kGate) {
    add(check::gate_decision_checks());
    add(check::gate_settlement_checks());
    add(check::gate_loading_checks());
    if (options.quick) return checks;
    add(check::gate_race_checks(), options.full ? 5 : 1);
    add(check::gate_reopening_checks(), options.full ? 5 : 1);
    return checks;
  }
  if (kind == plugin::Kind::kRanking) {
    add(check::ranking_filling_checks());
    if (!options.quick) add(check::ranking_race_checks(), options.full ? 5 : 1);
    return checks;
  }
  const bool is_lock = kind == plugin::Kind::kLock;
  const auto under_load = is_lock ? check::business_checks() : check::store_load_checks();
  const auto add_others = [&](const auto& groups) {
    for (const auto group : groups) {
      if (group.data() != under_load.data()) add(group);
    }
  };
  if (is_lock) {
    add_others(check::lock_checks());
  } else {
    add_others(check::store_checks());
  }
  if (!options.quick) add(under_load, options.full ? 5 : 1);
  return checks;
}

Result<Checked> check_on(const check::PluginBench::Wanted& wanted, const Options& options,
                         Console& console) {
  const auto bench = check::PluginBench::open(wanted);
  if (!bench) return Unexpected(bench.error());
  auto& opened = **bench;
  Checked checked;
  checked.subject = fmt::format("{}/{}", plugin::name_of(opened.kind()), opened.name());
  if (opened.kind() == plugin::Kind::kLock) checked.subject += " on " + opened.store();
  const auto checks = checks_of(opened.kind(), options);
  if (checks.empty()) {
    return fail(ErrorCode::kInvalid, "no check matches --only \"" + options.only + "\"");
  }
  if (!options.json) console.out << fmt::format("{}\n", checked.subject) << std::flush;
  for (const auto& check : checks) {
    Verdict verdict{check.promise, check::run_isolated(check, opened.subject(), kLimit)};
    if (!options.json) {
      console.out << fmt::format("  {:<15} {}", verdict.word(), verdict.promise);
      if (!verdict.applies()) console.out << ": " << verdict.report.not_applicable;
      console.out << "\n" << std::flush;
    }
    checked.verdicts.push_back(std::move(verdict));
  }
  return checked;
}

std::vector<std::string> lines_of(const std::string& text) {
  auto lines = config::split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

void print_text(const Checked& checked, std::ostream& out) {
  for (const auto& verdict : checked.verdicts) {
    if (!verdict.broken()) continue;
    out << fmt::format("\n{} of {} is broken:\n", verdict.promise, checked.subject);
    for (const auto& line : lines_of(verdict.report.broken)) out << "  " << line << "\n";
    if (verdict.report.history.empty()) continue;
    out << "\n  What happened:\n";
    for (const auto& line : lines_of(verdict.report.history)) out << "  " << line << "\n";
  }
  const auto broken = checked.count([](const Verdict& v) { return v.broken(); });
  const auto apart = checked.count([](const Verdict& v) { return !v.broken() && !v.applies(); });
  out << fmt::format("\n{}: {} promises kept, {} broken, {} that do not apply\n", checked.subject,
                     std::ssize(checked.verdicts) - broken - apart, broken, apart);
}

nlohmann::ordered_json to_json(const Checked& checked) {
  nlohmann::ordered_json json{{"subject", checked.subject}, {"passed", checked.passed()}};
  json["checks"] = nlohmann::ordered_json::array();
  for (const auto& verdict : checked.verdicts) {
    nlohmann::ordered_json entry{{"promise", verdict.promise}, {"result", verdict.word()}};
    if (verdict.broken()) {
      entry["broken"] = lines_of(verdict.report.broken);
      entry["history"] = lines_of(verdict.report.history);
    } else if (!verdict.applies()) {
      entry["because"] = verdict.report.not_applicable;
    }
    json["checks"].push_back(std::move(entry));
  }
  return json;
}

// A strategy is looked at more closely on both stores that need no server.
std::vector<std::string> stores_of(const Options& options, bool is_store_given) {
  if (options.full && !is_store_given) return {"memory", "sqlite"};
  return {options.wanted.store};
}

ExitCode run(Options& options, bool is_store_given, Console& console) {
  const auto refuse = [&console](const Error& error) {
    console.error << "stampede check: " << error.message << "\n";
    return error.code == ErrorCode::kUnavailable ? ExitCode::kEnvironment : ExitCode::kUsage;
  };
  const auto settings = settings_of(options.settings);
  if (!settings) return refuse(settings.error());
  const auto store_settings = settings_of(options.store_settings);
  if (!store_settings) return refuse(store_settings.error());

  bool passed = true;
  auto report = nlohmann::ordered_json::array();
  for (const auto& store : stores_of(options, is_store_given)) {
    auto wanted = options.wanted;
    wanted.settings = *settings;
    wanted.store = store;
    wanted.store_settings = *store_settings;
    const auto checked = check_on(wanted, options, console);
    if (!checked) return refuse(checked.error());
    passed = passed && checked->passed();
    if (options.json) {
      report.push_back(to_json(*checked));
    } else {
      print_text(*checked, console.out);
    }
    if (!checked->subject.starts_with("lock/")) break;
  }
  if (options.json) {
    console.out << report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << "\n";
  }
  return passed ? ExitCode::kPassed : ExitCode::kAudit;
}

}  // namespace

Body declare_check(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option(
         "PLUGIN", options->wanted.plugin,
         "The file of a lock, store, transport, gate or ranking, or kind/name of one installed")
      ->required();
  const auto* const store =
      app.add_option("--store", options->wanted.store, "The store that a lock is checked on")
          ->capture_default_str();
  app.add_option("--set", options->settings, "option=value for the plugin; repeatable")
      ->type_name("OPTION=VALUE")
      ->allow_extra_args(false);
  app.add_option("--store-set", options->store_settings,
                 "option=value for the store that a lock is checked on; repeatable")
      ->type_name("OPTION=VALUE")
      ->allow_extra_args(false);
  app.add_option("--only", options->only, "Only promises with this name; * and ? match any")
      ->type_name("GLOB");
  auto* const quick = app.add_flag("--quick", options->quick, "Without what takes many threads");
  app.add_flag("--full", options->full,
               "A lock on memory and on sqlite; what takes many threads five times")
      ->excludes(quick);
  app.add_flag("--json", options->json, "Print JSON");
  return [options, store](Console& console) { return run(*options, store->count() > 0, console); };
}

}  // namespace stampede::cli
