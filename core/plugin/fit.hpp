// Whether a plugin fits this build, judged from its Note alone.

#pragma once

#include <string>
#include <string_view>

#include "core/plugin/abi.hpp"

namespace stampede::plugin {

// Every difference, as "was built for ..., this build needs ...", or "" when the plugin fits.
// `name` is the one its file goes by.
std::string misfit(const Note& note, Kind kind, std::string_view name);

}  // namespace stampede::plugin
