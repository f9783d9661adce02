// Checks what a user set against what a plugin declared, and converts it. Pure.

#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/api/plugin_config.hpp"

namespace stampede::plugin {

// Option values as the user wrote them, by (dotted) option name.
using Settings = std::map<std::string, std::string>;

// One thing wrong with one option. Whoever knows where it was written adds file and line.
struct OptionFault {
  std::string option;
  std::string message;  // What was given and what is expected.
  std::string nearest;  // For an unknown option: the known one that was probably meant, or "".

  bool operator==(const OptionFault&) const = default;
};

// `attemps: unknown option; did you mean "attempts"?`
std::string describe(const OptionFault& fault);

// All on one line.
std::string describe(std::span<const OptionFault> faults);

// Mistakes in the declaration itself, such as a default outside its own range: bugs in the plugin.
std::vector<OptionFault> check_specs(std::span<const OptionSpec> specs);

// Every fault of `settings`, in the order of the settings. The specs passed check_specs().
std::vector<OptionFault> check_settings(std::span<const OptionSpec> specs,
                                        const Settings& settings);

// The settings that were given and the defaults of the others. They passed check_settings().
PluginConfig convert(std::span<const OptionSpec> specs, const Settings& settings);

// "boolean", "integer", "real", "duration", "text", "choice".
const char* name_of(OptionType type);

}  // namespace stampede::plugin
