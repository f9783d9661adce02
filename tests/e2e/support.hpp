// What the end-to-end tests share: folders that go away, the real programs as children, and waiting
// for what they do.

#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "experiments/environment/process.hpp"

namespace stampede::e2e {

using Clock = std::chrono::steady_clock;

// Bounds a hanging test; nothing is ever waited for that long.
inline constexpr std::chrono::seconds kPatience{120};

// A folder of this test's own, removed at its end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // A file in it with this text.
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

std::string read_text(const std::filesystem::path& file);

// Asks again and again, with short pauses, until `condition` holds; false at the deadline.
template <typename Condition>
bool eventually(Condition condition, Clock::duration patience = kPatience) {
  const auto deadline = Clock::now() + patience;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (Clock::now() >= deadline) return false;
    never.wait_for(lock, std::chrono::milliseconds(2));
  }
  return true;
}

struct Ended {
  environment::ExitStatus status;
  std::string out;
  std::string error;
};

// A program of the build tree ("stampede", "stampede-server") while it runs.
class Program {
 public:
  Program(const Folder& folder, const std::string& name, std::vector<std::string> arguments);

  pid_t pid() const { return process_->pid(); }
  bool alive() { return !process_->poll(); }
  // What it has written to standard error so far.
  std::string error() const { return read_text(log_); }
  // Waits for its end; a test failure when that does not come.
  Ended end();

 private:
  std::filesystem::path log_;
  Result<environment::Process> process_;
};

// Runs it to its end.
Ended run(const Folder& folder, const std::string& name, std::vector<std::string> arguments);

// Processes, other than this one, whose command line names the path.
std::vector<pid_t> processes_naming(const std::filesystem::path& path);

}  // namespace stampede::e2e
