#include "core/server/pairing.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "core/api/lock_strategy.hpp"
#include "core/api/store.hpp"

namespace stampede::server {

namespace {

// A directory of its own, removed with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code ignored;  // An unusable directory shows when the store is constructed.
    auto pattern =
        (std::filesystem::temp_directory_path(ignored) / "stampede-check-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchDirectory() {
    std::error_code ignored;  // What stays behind is empty or small.
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

bool keeps_files(plugin::Catalog& catalog, const std::string& store) {
  const auto info = catalog.describe(plugin::Kind::kStore, store);
  return info && std::any_of(info->options.begin(), info->options.end(), [](const auto& spec) {
           return std::string_view(spec.name) == "path";
         });
}

void add_fault(const config::Tree& tree, const std::string& section, std::string message,
               config::Faults& faults) {
  const auto* written = tree.at(section + ".use");
  faults.push_back({written == nullptr ? config::Origin{} : written->origin, section + ".use",
                    std::move(message)});
}

// "lock per_user with stock: row_lock": the plugin and the switches that were set, which decide
// what it asks for or can do. Text is left out: it may be a secret, and asks for nothing.
std::string described(plugin::Catalog& catalog, plugin::Kind kind, std::string_view section,
                      const PluginChoice& choice) {
  auto text = fmt::format("{} {}", section, choice.use);
  const auto info = catalog.describe(kind, choice.use);
  if (!info) return text;  // Found earlier.
  const auto* separator = " with ";
  for (const auto& option : info->options) {
    if (option.type != OptionType::kBoolean && option.type != OptionType::kChoice) continue;
    const auto given = choice.settings.find(option.name);
    if (given == choice.settings.end()) continue;
    text += fmt::format("{}{}: {}", separator, option.name, given->second);
    separator = ", ";
  }
  return text;
}

}  // namespace

void check_pairing(plugin::Catalog& catalog, const ServerConfig& config, const config::Tree& tree,
                   config::Faults& faults) {
  const ScratchDirectory scratch;
  auto settings = config.store.settings;
  if (keeps_files(catalog, config.store.use)) settings["path"] = scratch.path() / "store";
  const auto store = catalog.create<Store>(config.store.use, settings);
  if (!store) add_fault(tree, "store", store.error().message, faults);
  const auto lock = catalog.create<LockStrategy>(config.lock.use, config.lock.settings);
  if (!lock) add_fault(tree, "lock", lock.error().message, faults);
  if (store && lock && !(*lock)->runs_on(**store)) {
    add_fault(tree, "lock",
              described(catalog, plugin::Kind::kLock, "lock", config.lock) + " does not run on " +
                  described(catalog, plugin::Kind::kStore, "store", config.store),
              faults);
  }
}

}  // namespace stampede::server
