#include "tests/support/postgres_cluster.hpp"

#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace stampede::testing {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};
constexpr const char* kPrefix = "stampede-postgres-";

// PostgreSQL refuses to run as root: then somebody without rights runs it.
std::optional<passwd> unprivileged() {
  if (::geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const auto* user = ::getpwnam(name); user != nullptr) return *user;
  }
  throw std::runtime_error("there is no user that could run PostgreSQL");
}

// The newest version that is installed, "" when none is.
std::string find_programs() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const auto programs = version.path() / "bin";
    if (fs::exists(programs / "initdb", none) && fs::exists(programs / "postgres", none)) {
      found.push_back(programs);
    }
  }
  return found.empty() ? "" : std::ranges::max(found).string();
}

fs::path parent_directory() {
  const fs::path in_memory = "/dev/shm";
  const bool usable = ::access(in_memory.c_str(), W_OK | X_OK) == 0;
  return usable ? in_memory : fs::temp_directory_path();
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::optional<passwd>& user,
                         pid_t parent) {
  if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
               ::setuid(user->pw_uid) != 0)) {
    std::_Exit(126);
  }
  // After the change of the user, which would clear it.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent) std::_Exit(125);
  if (::freopen("/dev/null", "r", stdin) == nullptr) std::_Exit(124);
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  std::_Exit(127);
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& log) {
  const auto user = unprivileged();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child > 0) return child;
  if (::freopen(log.c_str(), "a", stdout) == nullptr || ::dup2(1, 2) < 0) std::_Exit(124);
  become(command, user, parent);
}

void run(const std::vector<std::string>& command, const fs::path& log) {
  int status = 0;
  const pid_t child = spawn(command, log);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    throw std::runtime_error(command.front() + " failed; see " + log.string());
  }
}

// A directory that whoever runs the server owns. The name holds the process that it belongs to.
fs::path make_directory() {
  const auto name = kPrefix + std::to_string(::getpid()) + "-XXXXXX";
  auto path = (parent_directory() / name).string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
  if (const auto user = unprivileged();
      user && ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("cannot give " + path + " to " + user->pw_name);
  }
  return path;
}

// What programs that were killed left behind.
void remove_orphans() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent_directory(), ignored)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const auto process = std::atoi(name.c_str() + std::string_view(kPrefix).size());
    if (process <= 0 || ::kill(process, 0) == 0 || errno != ESRCH) continue;
    fs::remove_all(entry.path(), ignored);
  }
}

// Makes the data directory from one that an earlier program left for the next, or anew.
void make_data(const std::string& programs, const fs::path& directory) {
  const auto data = directory / "data";
  const auto log = directory / "log";
  const auto version = fs::path(programs).parent_path().filename().string();
  const auto cached =
      parent_directory() / ("stampede-initdb-" + version + "-" + std::to_string(::geteuid()));
  if (!fs::exists(cached / "PG_VERSION")) {
    const auto fresh = directory / "fresh";
    run({programs + "/initdb", "-D", fresh, "-U", "stampede", "-A", "trust", "-N", "-E", "UTF8",
         "--locale=C.UTF-8"},
        log);
    std::error_code somebody_was_faster;
    fs::rename(fresh, cached, somebody_was_faster);
  }
  run({"/bin/cp", "-r", cached, data}, log);
}

}  // namespace

PostgresCluster& PostgresCluster::instance() {
  static PostgresCluster cluster;
  return cluster;
}

PostgresCluster::PostgresCluster() : programs_(find_programs()) {
  if (programs_.empty()) {
    missing_ = "no PostgreSQL server under /usr/lib/postgresql: install the package postgresql";
    return;
  }
  try {
    remove_orphans();
    directory_ = make_directory();
    make_data(programs_, directory_);
    start();
  } catch (const std::exception& error) {
    missing_ = std::string("no PostgreSQL server: ") + error.what();
  }
}

PostgresCluster::~PostgresCluster() {
  stop();
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

void PostgresCluster::start() {
  std::vector<std::string> command{programs_ + "/postgres", "-D", directory_ + "/data", "-k",
                                   directory_};
  for (const char* setting :
       {"listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=32MB",
        "max_connections=200", "deadlock_timeout=200ms", "autovacuum=off"}) {
    command.insert(command.end(), {"-c", setting});
  }
  process_ = spawn(command, directory_ + "/log");
  const auto deadline = Clock::now() + kPatience;
  while (PQping(url().c_str()) != PQPING_OK) {
    if (::waitpid(process_, nullptr, WNOHANG) == process_ || Clock::now() > deadline) {
      process_ = -1;
      throw std::runtime_error("it did not start; see " + directory_ + "/log");
    }
    ::poll(nullptr, 0, 5);  // Asks again in a moment.
  }
}

void PostgresCluster::stop() {
  if (process_ < 0) return;
  ::kill(process_, SIGQUIT);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
}

std::string PostgresCluster::url() const {
  return "host=" + directory_ + " user=stampede dbname=postgres";
}

std::string PostgresCluster::fresh_schema() {
  static std::atomic<int> made = 0;
  return "test_" + std::to_string(++made);
}

}  // namespace stampede::testing
