#include "experiments/environment/scratch.hpp"

#include <fmt/format.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "core/config/text.hpp"
#include "experiments/environment/ask_until.hpp"

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kPrefix = "stampede-";
constexpr const char* kOwners = "owner";
constexpr auto kPatience = 5s;
constexpr auto kBirth = 60s;  // A folder without owners may be about to get them.

bool write_owners(const fs::path& folder, std::span<const Owner> owners) {
  const auto fresh = folder / "owner.new";
  std::ofstream stream(fresh);
  for (const auto& owner : owners) stream << to_text(owner) << '\n';
  if (!stream.flush()) return false;
  std::error_code error;
  fs::rename(fresh, folder / kOwners, error);
  return !error;
}

// Nothing when the folder has no such file.
std::optional<std::vector<Owner>> read_owners(const fs::path& folder) {
  std::ifstream stream(folder / kOwners);
  if (!stream) return std::nullopt;
  std::vector<Owner> owners;
  for (std::string line; std::getline(stream, line);) {
    if (const auto owner = owner_from(line)) owners.push_back(*owner);
  }
  return owners;
}

// Whether the path itself, not what a link points to, is a folder of this user.
bool is_own_folder(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid();
}

bool is_newborn(const fs::path& folder) {
  std::error_code error;
  const auto changed = fs::last_write_time(folder, error);
  return !error && fs::file_time_type::clock::now() - changed < kBirth;
}

bool is_abandoned(const fs::path& folder) {
  const auto owners = read_owners(folder);
  if (!owners) return !is_newborn(folder);
  return std::ranges::none_of(*owners, lives);
}

// Private servers work in folders of their own, and so do the processes that they start.
std::vector<pid_t> processes_inside(const fs::path& folder) {
  std::vector<pid_t> found;
  std::error_code error;
  const auto inside = folder.string() + "/";
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto pid = config::parse_integer(entry.path().filename().string());
    if (!pid) continue;
    std::error_code unreadable;  // Processes of others are not ours.
    const auto directory = fs::read_symlink(entry.path() / "cwd", unreadable).string() + "/";
    if (!unreadable && directory.starts_with(inside)) found.push_back(static_cast<pid_t>(*pid));
  }
  return found;
}

// A PostgreSQL that was killed leaves a small System V segment, whose number stands in the seventh
// line of its postmaster.pid.
void release_shared_memory(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::ifstream stream(entry.path() / "data" / "postmaster.pid");
    std::string line;
    for (int i = 0; i < 7 && std::getline(stream, line); ++i) continue;
    std::istringstream words(line);
    unsigned long key = 0;
    int segment = -1;
    shmid_ds status{};
    struct stat file {};
    if (!stream || !(words >> key >> segment) || ::shmctl(segment, IPC_STAT, &status) != 0)
      continue;
    const bool same_user =
        ::stat((entry.path() / "data").c_str(), &file) == 0 && status.shm_perm.uid == file.st_uid;
    const bool same_key = static_cast<key_t>(key) == status.shm_perm.__key;
    if (same_user && same_key && status.shm_nattch == 0) ::shmctl(segment, IPC_RMID, nullptr);
  }
}

}  // namespace

fs::path scratch_root() {
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? fs::path(chosen) : fs::path("/var/tmp");
}

Result<Scratch> Scratch::make(const fs::path& root) {
  auto pattern = (root / (std::string(kPrefix) + "XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot make a folder in {}: {}", root.string(), std::strerror(errno)));
  }
  Scratch scratch{fs::path(pattern)};
  const auto owner = this_process();
  if (::chmod(pattern.c_str(), 0711) != 0 || !write_owners(pattern, {&owner, 1})) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot write in {}: {}", pattern, std::strerror(errno)));
  }
  return scratch;
}

Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
  // What cannot be removed now has no owner soon, and the next start tries again.
  if (!path_.empty()) static_cast<void>(remove_scratch(path_));
}

Result<void> Scratch::leave_to(Scratch scratch, std::span<const Owner> owners) {
  if (!write_owners(scratch.path_, owners)) {
    return fail(ErrorCode::kUnavailable, "cannot write in " + scratch.path_.string());
  }
  scratch.path_.clear();
  return {};
}

Result<void> remove_scratch(const fs::path& folder) {
  const bool quiet = ask_until(std::chrono::steady_clock::now() + kPatience, [&] {
    const auto processes = processes_inside(folder);
    for (const auto pid : processes) ::kill(pid, SIGKILL);
    return processes.empty();
  });
  if (!quiet) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot remove {}: processes in it do not end", folder.string()));
  }
  release_shared_memory(folder);
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("cannot remove {}: {}", folder.string(), error.message()));
}

std::vector<fs::path> remove_abandoned(const fs::path& root) {
  std::vector<fs::path> removed;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const auto& path = entry.path();
    if (!path.filename().string().starts_with(kPrefix) || !is_own_folder(path)) continue;
    if (is_abandoned(path) && remove_scratch(path)) removed.push_back(path);
  }
  return removed;
}

}  // namespace stampede::environment
