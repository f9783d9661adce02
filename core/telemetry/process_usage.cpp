#include "core/telemetry/process_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace stampede::telemetry {

namespace {

std::chrono::microseconds duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

// The second number of /proc/self/statm counts resident pages; 0 when it cannot be read.
std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all_pages = 0;
  std::int64_t resident_pages = 0;
  if (!(file >> all_pages >> resident_pages)) return 0;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

}  // namespace

ProcessUsage process_usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {.cpu_user = duration_of(usage.ru_utime),
          .cpu_system = duration_of(usage.ru_stime),
          .resident_bytes = resident_bytes(),
          .peak_resident_bytes = usage.ru_maxrss * 1024,
          .voluntary_switches = usage.ru_nvcsw,
          .involuntary_switches = usage.ru_nivcsw};
}

}  // namespace stampede::telemetry
