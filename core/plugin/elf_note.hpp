// Reads what a plugin says about itself from its file, without loading it. Loading runs its static
// constructors, and loading a damaged file raises SIGBUS; both come too late for a check.
//
// Pure functions over bytes that nobody vouches for: every offset and size is checked.

#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "core/api/result.hpp"
#include "core/plugin/abi.hpp"

namespace stampede::plugin {

// The one Note of a complete shared library for this machine, or kInvalid with the reason. The
// texts of the Note end within their fields and are printable.
Result<Note> read_note(std::span<const std::byte> file);

// The same for a file; also refuses what is not a regular file.
Result<Note> read_note(const std::filesystem::path& path);

}  // namespace stampede::plugin
