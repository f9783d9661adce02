#include "core/plugin/search_path.hpp"

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <cstdlib>

#include "core/config/text.hpp"

namespace stampede::plugin {

std::vector<std::filesystem::path> search_path(const std::string& environment,
                                               const std::vector<std::filesystem::path>& configured,
                                               const std::filesystem::path& executable_directory) {
  std::vector<std::filesystem::path> directories;
  const auto add = [&directories](const std::filesystem::path& directory) {
    if (directory.empty()) return;
    const auto clean = directory.lexically_normal();
    if (std::ranges::find(directories, clean) == directories.end()) directories.push_back(clean);
  };
  for (const auto& directory : config::split(environment, ':')) add(directory);
  for (const auto& directory : configured) add(directory);
  add(executable_directory / "plugins");
  add(executable_directory / ".." / "lib" / "stampede" / "plugins");
  return directories;
}

std::vector<std::filesystem::path> search_path(
    const std::vector<std::filesystem::path>& configured) {
  const char* const environment = std::getenv("STAMPEDE_PLUGIN_PATH");
  return search_path(environment == nullptr ? "" : environment, configured,
                     boost::dll::program_location().parent_path());
}

}  // namespace stampede::plugin
