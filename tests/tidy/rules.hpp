// The rules that every file of the project keeps, as pure functions over a path and a text, so that
// each can be shown to bite.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stampede::tidy {

struct Violation {
  std::string file;  // Relative to the root of the repository.
  std::size_t line;
  std::string message;
};

// "core/api/store.hpp:12: must not include ..."
std::string describe(const Violation& violation);

using Violations = std::vector<Violation>;

// Who includes whom: the folder tree is the architecture.
Violations check_includes(const std::string& file, std::string_view text);

// A file fits a sitting.
Violations check_length(const std::string& file, std::string_view text);

// Queries live in .sql files.
Violations check_sql(const std::string& file, std::string_view text);

// A test waits on a condition with a deadline, never on a sleep.
Violations check_sleeps(const std::string& file, std::string_view text);

// What is not done is an issue, not a comment.
Violations check_reminders(const std::string& file, std::string_view text);

// All rules that apply to a file of this name.
Violations check(const std::string& file, std::string_view text);

}  // namespace stampede::tidy
