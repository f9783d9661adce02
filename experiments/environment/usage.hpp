// What processes and the machine have used so far, read from /proc. Differences of two readings are
// what an interval used.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace stampede::environment {

struct ProcessUsage {
  std::chrono::nanoseconds cpu{0};  // User and system, all threads.
  std::int64_t resident_bytes = 0;
  std::int64_t voluntary_switches = 0;
  std::int64_t involuntary_switches = 0;
};

// Nothing when the process is gone.
std::optional<ProcessUsage> process_usage(pid_t pid);

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
