// What kinds of plugins there are, and what people call them.

#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/plugin/abi.hpp"

namespace stampede::plugin {

std::span<const Kind> all_kinds();

// "lock", "store", "frontend", "transport", "gate", "ranking".
std::string_view name_of(Kind kind);

// The folder that holds the kind's plugins: "locks", "stores", "frontends".
std::string_view folder_of(Kind kind);

// Reads either form: "lock" and "locks".
std::optional<Kind> parse_kind(std::string_view text);

}  // namespace stampede::plugin
