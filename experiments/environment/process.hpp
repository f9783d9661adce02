// A child process that never outlives this one: it is killed with its parent, even when the parent
// is killed by SIGKILL, and its destructor stops it; unless it is meant to be left behind. One
// thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/account.hpp"

namespace stampede::environment {

struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::filesystem::path log;        // Standard error goes here, appended.
  std::vector<int> cpus;            // Run on these only; empty: on all.
  std::filesystem::path directory;  // Where it starts; empty: where this process is.
  std::optional<Account> account;   // Whose rights it has; nothing: those of this process.
  int stop_signal = SIGTERM;        // What asks it to end.
  // Meant to be left behind by leave(): it does not die with this process.
  bool outlives = false;
};

struct ExitStatus {
  int code = 0;    // When it exited by itself.
  int signal = 0;  // When a signal ended it; else 0.

  bool ok() const { return code == 0 && signal == 0; }
};
std::string describe(const ExitStatus& status);  // "exit code 2", "signal 9 (Killed)"

class Process {
 public:
  // kNotFound when the program does not exist, kUnavailable when it cannot be started.
  static Result<Process> start(const Command& command);

  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();  // Kills it if it still runs.

  pid_t pid() const;

  // The next line of its standard output, without the newline. kTimeout at the deadline;
  // kUnavailable when it closed its output, which is what a dead process looks like.
  Result<std::string> read_line(std::chrono::steady_clock::time_point deadline);

  // How it ended, or nothing while it runs. Does not wait.
  std::optional<ExitStatus> poll();

  // Waits for it to end by itself; nothing when it still runs at the deadline.
  std::optional<ExitStatus> wait(std::chrono::steady_clock::time_point deadline);

  // Sends the stop signal, waits up to `grace`, then SIGKILL. Idempotent.
  ExitStatus stop(std::chrono::milliseconds grace);

  // Lets go of it: it runs on, and nobody here waits for it any more.
  static void leave(Process process);

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The last `count` lines of a file, for telling why a process died.
std::string last_lines(const std::filesystem::path& file, int count);

}  // namespace stampede::environment
