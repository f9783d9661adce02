#include "experiments/environment/account.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;

constexpr std::array kNames{"postgres", "nobody"};

std::vector<gid_t> groups_of(const passwd& entry) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count) < 0) return {entry.pw_gid};
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

Result<std::optional<Account>> service_account() {
  if (::geteuid() != 0) return std::optional<Account>();
  for (const auto* name : kNames) {
    std::array<char, 4096> buffer;
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
      continue;
    }
    return std::optional<Account>(
        {.name = name, .user = entry.pw_uid, .group = entry.pw_gid, .groups = groups_of(entry)});
  }
  return fail(ErrorCode::kUnavailable,
              "private servers do not run as root, and there is no account postgres or nobody");
}

Result<void> hand_over(const fs::path& folder, const std::optional<Account>& account) {
  if (!account) return {};
  const auto give = [&](const fs::path& path) {
    return ::lchown(path.c_str(), account->user, account->group) == 0;
  };
  std::error_code error;
  bool given = give(folder);
  for (fs::recursive_directory_iterator entry(folder, error), end; given && !error && entry != end;
       entry.increment(error)) {
    given = give(entry->path());
  }
  if (given && !error) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("cannot give {} to {}: {}", folder.string(), account->name,
                          error ? error.message() : std::strerror(errno)));
}

}  // namespace stampede::environment
