// Where plugins are looked for.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace stampede::plugin {

// In the order of precedence, each directory once: `environment` (colon-separated), `configured`,
// <executable>/plugins (a build tree), <executable>/../lib/stampede/plugins (an installation).
std::vector<std::filesystem::path> search_path(const std::string& environment,
                                               const std::vector<std::filesystem::path>& configured,
                                               const std::filesystem::path& executable_directory);

// The same for this process: STAMPEDE_PLUGIN_PATH, the configuration's `plugins:` list (relative
// entries already resolved against the file that holds them), and where the executable really is,
// links followed.
std::vector<std::filesystem::path> search_path(
    const std::vector<std::filesystem::path>& configured = {});

}  // namespace stampede::plugin
