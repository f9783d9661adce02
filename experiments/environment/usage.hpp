// What processes and the machine have used so far, read from /proc. Differences of two readings are
// what an interval used. Safe to call from any thread.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stampede::environment {

struct ProcessUsage {
  std::chrono::nanoseconds cpu{0};      // User and system, all threads.
  std::int64_t private_bytes = 0;       // Resident memory of its own,
  std::int64_t shared_bytes = 0;        // and that it may share with others.
  std::int64_t voluntary_switches = 0;  // Of the threads that live.
  std::int64_t involuntary_switches = 0;
  std::int64_t read_bytes =
      0;  // From and to storage; 0 where the process is not ours to look into.
  std::int64_t written_bytes = 0;
};

// Nothing when the process is gone.
std::optional<ProcessUsage> process_usage(pid_t pid);

// The process and all that it started, and those started, and that live.
std::vector<pid_t> with_children(pid_t pid);

// Stops them all where they stand (SIGSTOP), and lets them go on (SIGCONT).
void freeze(pid_t pid);
void thaw(pid_t pid);

// CPU time of the whole machine that was not idle, over all processors.
std::chrono::nanoseconds machine_busy();

struct Machine {
  std::string cpu;     // Model name.
  int processors = 0;  // That this process may use.
  std::int64_t memory_bytes = 0;
  std::string kernel;
  std::string system;  // "Debian GNU/Linux 12 (bookworm)".
};
Machine describe_machine();

}  // namespace stampede::environment
