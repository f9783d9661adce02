// `stampede new KIND NAME`: a project of its own for a plugin, which builds and passes its checks.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>

#include "core/plugin/catalog.hpp"
#include "core/plugin/search_path.hpp"
#include "experiments/cli/subcommands.hpp"
#include "experiments/templates/project.hpp"

namespace stampede::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string kind;
  std::string name;
  fs::path parent = ".";
};

// What a configuration names must be one plugin; the first found would hide the other.
std::string taken_by(const std::string& kind, const std::string& name) {
  const auto known = plugin::parse_kind(kind);
  if (!known) return {};
  plugin::Catalog catalog(plugin::search_path());
  const auto names = catalog.names(*known);
  if (std::ranges::find(names, name) == names.end()) return {};
  const auto info = catalog.describe(*known, name);
  return info ? info->path.string() : "the search path";
}

// Where find_package() finds this very Stampede, or "" where it looks by itself.
fs::path package_prefix() {
  fs::path directory = boost::dll::program_location().parent_path();
  std::error_code ignored;
  if (fs::exists(directory / "StampedeConfig.cmake", ignored)) return directory;
  const auto prefix = directory.parent_path();
  return prefix == "/usr" || prefix == "/usr/local" ? fs::path() : prefix;
}

ExitCode make(const Options& options, Console& console) {
  const auto refuse = [&console](const std::string& reason, ExitCode code) {
    console.error << "stampede new: " << reason << "\n";
    return code;
  };
  const auto& [kind, name, parent] = options;
  if (const auto path = taken_by(kind, name); !path.empty()) {
    return refuse(fmt::format("there is a {} \"{}\" already: {}", kind, name, path),
                  ExitCode::kUsage);
  }
  const auto made = templates::make_project(kind, name, parent);
  if (!made) {
    const bool is_usage = made.error().code == ErrorCode::kInvalid;
    return refuse(made.error().message, is_usage ? ExitCode::kUsage : ExitCode::kEnvironment);
  }
  const auto place = made->lexically_normal().string();
  const auto prefix = package_prefix();
  const auto where = prefix.empty() ? "" : " -DCMAKE_PREFIX_PATH=" + prefix.string();
  console.out << fmt::format(
      "{0}/ is a {1} that builds and passes its checks. Next:\n\n"
      "  cmake -S {0} -B {0}/build{2}\n"
      "  cmake --build {0}/build\n"
      "  ctest --test-dir {0}/build --output-on-failure\n",
      place, kind, where);
  return ExitCode::kPassed;
}

}  // namespace

Body declare_new(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("KIND", options->kind,
                 "What to make: " + fmt::format("{}", fmt::join(templates::kinds(), " or ")))
      ->required();
  app.add_option("NAME", options->name, "Of the plugin and of its directory, such as per_shelf")
      ->required();
  app.add_option("--in", options->parent, "The directory to make it in")->capture_default_str();
  return [options](Console& console) { return make(*options, console); };
}

}  // namespace stampede::cli
