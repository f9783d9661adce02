#include "experiments/environment/usage.hpp"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;

std::chrono::nanoseconds ticks(std::int64_t count) {
  static const auto kPerSecond = ::sysconf(_SC_CLK_TCK);
  return std::chrono::nanoseconds(count * (1'000'000'000 / kPerSecond));
}

// A file of "key: value" lines, read once.
class Fields {
 public:
  explicit Fields(const fs::path& file) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) lines_.push_back(std::move(line));
  }

  // The first value of that key, without quotes; "" when there is none.
  std::string text(std::string_view key) const {
    for (const auto& line : lines_) {
      if (!line.starts_with(key)) continue;
      const auto start = line.find_first_not_of("=: \t\"", key.size());
      if (start == std::string::npos) return {};
      const auto end = line.find_last_not_of(" \t\"");
      return line.substr(start, end - start + 1);
    }
    return {};
  }

  std::int64_t number(std::string_view key) const {
    return std::strtoll(text(key).c_str(), nullptr, 10);
  }

 private:
  std::vector<std::string> lines_;
};

}  // namespace

std::optional<ProcessUsage> process_usage(pid_t pid) {
  const auto folder = fmt::format("/proc/{}", pid);
  std::ifstream stream(folder + "/stat");
  std::string stat;
  if (!std::getline(stream, stat)) return std::nullopt;
  std::istringstream words(stat.substr(stat.rfind(')') + 2));  // The name may hold anything.
  std::string skipped;
  for (int i = 0; i < 11; ++i) words >> skipped;
  std::int64_t user = 0, system = 0;
  words >> user >> system;
  ProcessUsage usage;
  usage.cpu = ticks(user + system);
  const auto status = Fields(folder + "/status");
  usage.private_bytes = status.number("RssAnon") * 1024;
  usage.shared_bytes = (status.number("RssFile") + status.number("RssShmem")) * 1024;
  // The process's own status counts the switches of its first thread only.
  std::error_code gone;
  for (fs::directory_iterator thread(folder + "/task", gone), end; !gone && thread != end;
       thread.increment(gone)) {
    const auto counts = Fields(thread->path() / "status");
    usage.voluntary_switches += counts.number("voluntary_ctxt_switches");
    usage.involuntary_switches += counts.number("nonvoluntary_ctxt_switches");
  }
  const auto storage = Fields(folder + "/io");
  usage.read_bytes = storage.number("read_bytes");
  usage.written_bytes = storage.number("write_bytes");
  return usage;
}

std::vector<pid_t> with_children(pid_t pid) {
  std::vector<pid_t> family{pid};
  for (std::size_t i = 0; i < family.size(); ++i) {
    std::error_code gone;
    for (fs::directory_iterator thread(fmt::format("/proc/{}/task", family[i]), gone), end;
         !gone && thread != end; thread.increment(gone)) {
      std::ifstream children(thread->path() / "children");
      for (pid_t child = 0; children >> child;) family.push_back(child);
    }
  }
  return family;
}

// Twice: what was started while the first round went on is found by the second.
void freeze(pid_t pid) {
  for (int round = 0; round < 2; ++round) {
    for (const auto member : with_children(pid)) ::kill(member, SIGSTOP);
  }
}

void thaw(pid_t pid) {
  for (const auto member : with_children(pid)) ::kill(member, SIGCONT);
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
  machine.cpu = Fields("/proc/cpuinfo").text("model name");
  machine.processors = static_cast<int>(std::thread::hardware_concurrency());
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) {
    machine.memory_bytes =
        static_cast<std::int64_t>(memory.totalram) * static_cast<std::int64_t>(memory.mem_unit);
  }
  struct utsname kernel {};
  if (::uname(&kernel) == 0) machine.kernel = fmt::format("{} {}", kernel.sysname, kernel.release);
  machine.system = Fields("/etc/os-release").text("PRETTY_NAME");
  return machine;
}

}  // namespace stampede::environment
