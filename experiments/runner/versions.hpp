// What this bench was built from and with.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace stampede::runner {

// The commit the build tree was made from, "-dirty" when files differed from it; "" outside a
// repository.
std::string git_commit();

// Program or library, and its version.
std::vector<std::pair<std::string, std::string>> versions();

bool built_with_sanitizers();

}  // namespace stampede::runner
