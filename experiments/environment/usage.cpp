#include "experiments/environment/usage.hpp"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace stampede::environment {

namespace {

std::chrono::nanoseconds ticks(std::int64_t count) {
  static const auto kPerSecond = ::sysconf(_SC_CLK_TCK);
  return std::chrono::nanoseconds(count * (1'000'000'000 / kPerSecond));
}

// The text after `key:` in a file of "key: value" lines.
std::string field(const std::string& file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const auto start = line.find_first_not_of("=: \t\"", key.size());
    if (start == std::string::npos) return {};
    const auto end = line.find_last_not_of(" \t\"");
    return line.substr(start, end - start + 1);
  }
  return {};
}

std::int64_t number(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

}  // namespace

std::optional<ProcessUsage> process_usage(pid_t pid) {
  const auto folder = fmt::format("/proc/{}", pid);
  std::ifstream stream(folder + "/stat");
  std::string stat;
  if (!std::getline(stream, stat)) return std::nullopt;
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));  // The name may hold anything.
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::int64_t user = 0, system = 0;
  fields >> user >> system;
  ProcessUsage usage;
  usage.cpu = ticks(user + system);
  const auto status = folder + "/status";
  usage.resident_bytes = number(field(status, "VmRSS")) * 1024;
  usage.voluntary_switches = number(field(status, "voluntary_ctxt_switches"));
  usage.involuntary_switches = number(field(status, "nonvoluntary_ctxt_switches"));
  return usage;
}

std::chrono::nanoseconds machine_busy() {
  std::ifstream stream("/proc/stat");
  std::string name;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft = 0;
  stream >> name >> user >> nice >> system >> idle >> waiting >> irq >> soft;
  return ticks(user + nice + system + irq + soft);
}

Machine describe_machine() {
  Machine machine;
  machine.cpu = field("/proc/cpuinfo", "model name");
  machine.processors = static_cast<int>(std::thread::hardware_concurrency());
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) {
    machine.memory_bytes =
        static_cast<std::int64_t>(memory.totalram) * static_cast<std::int64_t>(memory.mem_unit);
  }
  struct utsname kernel {};
  if (::uname(&kernel) == 0) machine.kernel = fmt::format("{} {}", kernel.sysname, kernel.release);
  machine.system = field("/etc/os-release", "PRETTY_NAME");
  return machine;
}

}  // namespace stampede::environment
