// `stampede plugins`: what `lock.use`, `store.use` and `http.use` can name, and their options.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "core/config/text.hpp"
#include "core/plugin/catalog.hpp"
#include "core/plugin/search_path.hpp"
#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {

namespace {

using plugin::PluginInfo;

struct Options {
  bool json = false;
  std::vector<std::filesystem::path> directories;
  std::string selection;  // "", "lock" or "lock/optimistic".
};

// The plugins that were asked for.
Result<std::vector<PluginInfo>> select(plugin::Catalog& catalog, const std::string& selection) {
  if (selection.empty()) return catalog.list();
  const auto slash = selection.find('/');
  const auto kind = plugin::parse_kind(selection.substr(0, slash));
  if (!kind) {
    std::vector<std::string> kinds;
    for (const auto known : plugin::all_kinds()) kinds.emplace_back(plugin::name_of(known));
    return fail(ErrorCode::kInvalid, "unknown kind \"" + selection.substr(0, slash) +
                                         "\"; expected " + config::one_of(kinds));
  }
  if (slash == std::string::npos) {
    auto plugins = catalog.list();
    std::erase_if(plugins, [kind](const PluginInfo& info) { return info.kind != *kind; });
    return plugins;
  }
  auto info = catalog.describe(*kind, selection.substr(slash + 1));
  if (!info) return Unexpected(info.error());
  return std::vector{std::move(*info)};
}

nlohmann::ordered_json to_json(const PluginInfo& info) {
  nlohmann::ordered_json json{{"kind", plugin::name_of(info.kind)},
                              {"name", info.name},
                              {"path", info.path.string()},
                              {"usable", info.unusable.empty()}};
  if (!info.unusable.empty()) {
    json["reason"] = info.unusable;
    return json;
  }
  json["summary"] = info.summary;
  json["options"] = nlohmann::ordered_json::array();
  for (const auto& option : info.options) {
    json["options"].push_back({{"name", option.name},
                               {"type", plugin::name_of(option.type)},
                               {"default", option.fallback},
                               {"range", option.range},
                               {"help", option.help}});
  }
  return json;
}

void print_json(const std::vector<PluginInfo>& plugins, std::ostream& out) {
  nlohmann::ordered_json json{{"abi", plugin::kAbiHash}, {"toolchain", plugin::kToolchain}};
  json["plugins"] = nlohmann::ordered_json::array();
  for (const auto& info : plugins) json["plugins"].push_back(to_json(info));
  // A path need not be UTF-8; what is not becomes a replacement character.
  out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

using Row = std::vector<std::string>;

// Columns two spaces apart, each as wide as its widest cell; the last one runs free.
void print_table(const std::vector<Row>& rows, std::string_view indent, std::ostream& out) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i + 1 < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    out << indent;
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      out << fmt::format("{:{}}  ", row[i], widths[i]);
    out << row.back() << "\n";
  }
}

void print_text(const std::vector<PluginInfo>& plugins, std::ostream& out) {
  std::vector<Row> rows{{"KIND", "NAME", "SUMMARY"}};
  for (const auto& info : plugins) {
    const auto summary = info.unusable.empty() ? info.summary : "unusable: " + info.unusable;
    rows.push_back({std::string(plugin::name_of(info.kind)), info.name, summary});
  }
  print_table(rows, "", out);
  for (const auto& info : plugins) {
    if (info.options.empty()) continue;
    out << fmt::format("\nOptions of {} {}\n", plugin::name_of(info.kind), info.name);
    std::vector<Row> options{{"OPTION", "TYPE", "DEFAULT", "RANGE", "HELP"}};
    for (const auto& option : info.options) {
      const std::string fallback = option.fallback;
      options.push_back({option.name, plugin::name_of(option.type),
                         fallback.empty() ? "\"\"" : fallback, option.range, option.help});
    }
    print_table(options, "  ", out);
  }
}

ExitCode list_plugins(const Options& options, Console& console) {
  const auto search_path = plugin::search_path(options.directories);
  plugin::Catalog catalog(search_path);
  const auto plugins = select(catalog, options.selection);
  if (!plugins) {
    console.error << "stampede plugins: " << plugins.error().message << "\n";
    return ExitCode::kUsage;
  }
  if (options.json) {
    print_json(*plugins, console.out);
  } else if (!plugins->empty()) {
    print_text(*plugins, console.out);
  }
  if (plugins->empty()) {
    console.error << "stampede plugins: none found; searched";
    for (const auto& directory : search_path) console.error << " " << directory.string();
    console.error << "\n";
    return ExitCode::kEnvironment;
  }
  // A list may hold what is unusable; who asks for one plugin wants to use it.
  const bool asked_for_one = options.selection.find('/') != std::string::npos;
  const bool is_unusable = asked_for_one && !plugins->front().unusable.empty();
  return is_unusable ? ExitCode::kEnvironment : ExitCode::kPassed;
}

}  // namespace

Body declare_plugins(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_flag("--json", options->json, "Print JSON");
  app.add_option("--search", options->directories,
                 "A directory to search before the built-in ones; may be repeated")
      ->allow_extra_args(false);
  app.add_option("KIND[/NAME]", options->selection, "Only this kind, or only this plugin");
  return [options](Console& console) { return list_plugins(*options, console); };
}

}  // namespace stampede::cli
