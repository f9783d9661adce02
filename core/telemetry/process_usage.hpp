// What this process has used of the machine, asked of the kernel. Safe for concurrent use.

#pragma once

#include <chrono>
#include <cstdint>

namespace stampede::telemetry {

struct ProcessUsage {
  std::chrono::microseconds cpu_user{0};
  std::chrono::microseconds cpu_system{0};
  std::int64_t resident_bytes = 0;
  std::int64_t peak_resident_bytes = 0;
  std::int64_t voluntary_switches = 0;
  std::int64_t involuntary_switches = 0;
};

ProcessUsage process_usage();

}  // namespace stampede::telemetry
