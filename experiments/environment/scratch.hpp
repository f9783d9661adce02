// Throwaway folders for private servers, which never stay behind: their destructor removes them,
// and those whose owner was killed are removed by whoever comes next. Each holds a file `owner`
// with the processes that it belongs to.
//
// They are in $TMPDIR, else in /var/tmp: /tmp is often a file system in memory, where a database's
// fsync would cost nothing. A Scratch belongs to one thread; the functions are safe from any.

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/owner.hpp"

namespace stampede::environment {

std::filesystem::path scratch_root();

class Scratch {
 public:
  // Belongs to this process. Others may pass through it to folders that are theirs.
  static Result<Scratch> make(const std::filesystem::path& root = scratch_root());

  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();  // Removes it, after the processes in it were stopped.

  const std::filesystem::path& path() const { return path_; }

  // From now on it stays as long as one of these processes does.
  static Result<void> leave_to(Scratch scratch, std::span<const Owner> owners);

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;  // Empty when moved from or left.
};

// Ends every process that works inside the folder, and removes it with what such processes keep
// elsewhere. An error when something of it is still there.
Result<void> remove_scratch(const std::filesystem::path& folder);

// Removes the folders of this user whose owners are all gone. Returns their paths.
std::vector<std::filesystem::path> remove_abandoned(
    const std::filesystem::path& root = scratch_root());

}  // namespace stampede::environment
