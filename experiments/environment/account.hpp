// Database servers refuse to run as root, rightly. When this process does, they get an account
// without rights: `postgres` where it exists, else `nobody`.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/api/result.hpp"

namespace stampede::environment {

struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};

// The account for private servers; nothing when this process is not root and its own will do.
// kUnavailable when there is neither `postgres` nor `nobody`.
Result<std::optional<Account>> service_account();

// Gives a folder and all that is in it to the account; nothing to do for no account.
Result<void> hand_over(const std::filesystem::path& folder, const std::optional<Account>& account);

}  // namespace stampede::environment
