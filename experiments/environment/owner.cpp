#include "experiments/environment/owner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace stampede::environment {

namespace {

std::string boot_of_machine() {
  std::ifstream stream("/proc/sys/kernel/random/boot_id");
  std::string boot;
  stream >> boot;
  return boot;
}

// Field 22 of /proc/PID/stat; "" when the process is gone, or only waits to be reaped.
std::string start_of(pid_t pid) {
  std::ifstream stream(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  if (!std::getline(stream, stat)) return {};
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));  // The name may hold anything.
  std::string state;
  fields >> state;
  if (state == "Z" || state == "X") return {};
  std::string skipped;
  for (int i = 0; i < 18; ++i) fields >> skipped;
  std::string started_at;
  fields >> started_at;
  return started_at;
}

}  // namespace

std::optional<Owner> owner_of(pid_t pid) {
  auto started_at = start_of(pid);
  if (started_at.empty()) return std::nullopt;
  return Owner{.pid = pid, .boot = boot_of_machine(), .started_at = std::move(started_at)};
}

Owner this_process() { return owner_of(::getpid()).value_or(Owner{.pid = ::getpid()}); }

bool lives(const Owner& owner) {
  const auto now = owner_of(owner.pid);
  return now && now->boot == owner.boot && now->started_at == owner.started_at;
}

std::string to_text(const Owner& owner) {
  return fmt::format("{} {} {}", owner.pid, owner.started_at, owner.boot);
}

std::optional<Owner> owner_from(const std::string& text) {
  std::istringstream words(text);
  Owner owner;
  if (!(words >> owner.pid >> owner.started_at >> owner.boot)) return std::nullopt;
  return owner;
}

}  // namespace stampede::environment
