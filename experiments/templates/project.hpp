// Projects for plugins of one's own, made from templates that are compiled in (CMakeLists.txt).
// Functions without state; safe for concurrent use.

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/result.hpp"

namespace stampede::templates {

struct TemplateFile {
  std::string_view kind;
  std::string_view path;  // In the project, with NAME for the plugin's name.
  std::string_view text;  // With @NAME@ and @CLASS@.
};

// Of all kinds; those of one kind stand together.
std::span<const TemplateFile> files();

// What there are templates for: "lock", "store".
std::vector<std::string> kinds();

// Why this is no name for a plugin, or "". Names are words of small letters and digits, joined by
// single underscores: they become file names, target names and parts of C++ names.
std::string fault_of_name(std::string_view name);

// Makes <parent>/<name>/. All or nothing: kInvalid for a kind without templates, a name that is
// none, and a place that is taken; kUnavailable when it cannot be written.
Result<std::filesystem::path> make_project(const std::string& kind, const std::string& name,
                                           const std::filesystem::path& parent);

}  // namespace stampede::templates
