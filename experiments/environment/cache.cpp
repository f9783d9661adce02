#include "experiments/environment/cache.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

namespace stampede::environment {

namespace fs = std::filesystem;

namespace {

fs::path home() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return home;
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) {
    return {};
  }
  return entry.pw_dir;
}

}  // namespace

Result<fs::path> cache_folder() {
  const char* chosen = std::getenv("XDG_CACHE_HOME");
  const bool is_chosen = chosen != nullptr && *chosen == '/';  // The standard ignores others.
  const auto base = is_chosen ? fs::path(chosen) : home() / ".cache";
  if (!base.is_absolute()) {
    return fail(ErrorCode::kUnavailable, "no place for a cache: neither XDG_CACHE_HOME nor HOME");
  }
  auto folder = base / "stampede";
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) return folder;
  return fail(ErrorCode::kUnavailable,
              fmt::format("cannot use {}: {}", folder.string(), error.message()));
}

}  // namespace stampede::environment
