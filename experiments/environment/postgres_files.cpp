#include "experiments/environment/postgres_files.hpp"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "experiments/environment/cache.hpp"
#include "experiments/environment/process.hpp"

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kInitPatience = 60s;
constexpr std::array kInitArguments{"--username=postgres", "--auth=trust", "--encoding=UTF8",
                                    "--locale=C",          "--no-sync",    "--no-instructions"};
// Raised when kInitArguments change, so that an older copy is not taken for one made with them.
constexpr int kInitVersion = 1;

Result<std::string> version_of(const fs::path& programs) {
  auto process = Process::start({.program = programs / "postgres", .arguments = {"--version"}});
  if (!process) return Unexpected(process.error());
  auto line = process->read_line(Clock::now() + kInitPatience);
  if (!line) return Unexpected(line.error());
  std::ranges::replace_if(
      *line, [](unsigned char c) { return std::isalnum(c) == 0 && c != '.'; }, '-');
  return *line;
}

Result<void> run_initdb(const ClusterFiles& files, const fs::path& data) {
  std::vector<std::string> arguments(kInitArguments.begin(), kInitArguments.end());
  arguments.push_back("--pgdata=" + data.string());
  const auto log = files.folder / "initdb.log";
  auto process = Process::start({.program = files.programs / "initdb",
                                 .arguments = std::move(arguments),
                                 .log = log,
                                 .directory = files.folder,
                                 .account = files.account});
  if (!process) return Unexpected(process.error());
  while (process->read_line(Clock::now() + kInitPatience)) continue;  // It tells what it does.
  const auto ended = process->wait(Clock::now() + kInitPatience);
  if (ended && ended->ok()) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("initdb failed: {}\n{}", ended ? describe(*ended) : "it does not end",
                          last_lines(log, 12)));
}

// Another bench may do the same at the same moment: whoever renames first wins.
void keep_in_cache(const fs::path& data, const fs::path& cached) {
  std::error_code error;
  const fs::path fresh = fmt::format("{}.part-{}", cached.string(), ::getpid());
  fs::copy(data, fresh, fs::copy_options::recursive, error);
  if (!error) fs::rename(fresh, cached, error);
  if (error) fs::remove_all(fresh, error);  // A cache is a convenience.
}

Result<void> make_data(const ClusterFiles& files, const fs::path& data) {
  const auto version = version_of(files.programs);
  if (!version) return Unexpected(version.error());
  const auto cache = cache_folder();
  const auto cached =
      cache ? *cache / fmt::format("initdb-{}-{}", *version, kInitVersion) : fs::path();
  std::error_code error;
  if (cache && fs::exists(cached / "PG_VERSION", error)) {
    fs::copy(cached, data, fs::copy_options::recursive, error);
    if (error) {
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot copy {}: {}", cached.string(), error.message()));
    }
    return {};
  }
  if (auto made = run_initdb(files, data); !made) return made;
  if (cache) keep_in_cache(data, cached);
  return {};
}

// A part of the memory that leaves the rest to everyone else on the machine.
std::int64_t shared_buffers_mb() {
  struct sysinfo memory {};
  if (::sysinfo(&memory) != 0) return 128;
  const auto all = static_cast<std::int64_t>(memory.totalram) *
                   static_cast<std::int64_t>(memory.mem_unit) / (std::int64_t{1} << 20U);
  return std::clamp<std::int64_t>(all / 8, 128, 1'024);
}

std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) text += c == '\'' || c == '\\' ? std::string(2, c) : std::string(1, c);
  return text + "'";
}

// The last line of a name wins.
std::string settings_of(const ClusterFiles& files) {
  const std::vector<std::pair<std::string, std::string>> own{
      {"listen_addresses", "127.0.0.1"},
      {"port", std::to_string(files.port)},
      {"unix_socket_directories", files.folder.string()},
      {"unix_socket_permissions", "0700"},
      {"max_connections", "500"},
      {"shared_buffers", fmt::format("{}MB", shared_buffers_mb())},
      {"fsync", files.fsync ? "on" : "off"},
      // Checkpoints are taken between runs, not whenever one happens to be due.
      {"max_wal_size", "4GB"},
      {"checkpoint_timeout", "1h"},
      // In files of the cluster's own: they go with it, however it ends.
      {"dynamic_shared_memory_type", "mmap"},
      {"timezone", "UTC"},
      {"log_timezone", "UTC"},
      {"lc_messages", "C"}};
  std::string text;
  for (const auto* list : {&own, &files.settings}) {
    for (const auto& [name, value] : *list) text += fmt::format("{} = {}\n", name, quoted(value));
  }
  return text;
}

constexpr char kAccess[] =
    "local all all trust\n"
    "host all all 127.0.0.1/32 scram-sha-256\n";

}  // namespace

Result<fs::path> find_postgres() {
  const char* chosen = std::getenv("STAMPEDE_POSTGRES_BIN");
  const bool is_chosen = chosen != nullptr && *chosen != '\0';
  const fs::path programs = is_chosen ? chosen : "/usr/lib/postgresql/15/bin";
  std::error_code ignored;
  for (const auto* name : {"postgres", "initdb"}) {
    if (fs::exists(programs / name, ignored)) continue;
    return fail(ErrorCode::kNotFound,
                fmt::format("a private PostgreSQL needs {}, which is not there: install the Debian "
                            "package postgresql-15, or give store.url",
                            (programs / name).string()));
  }
  return programs;
}

Result<void> make_cluster(const ClusterFiles& files) {
  const auto data = files.folder / "data";
  if (auto made = make_data(files, data); !made) return made;
  std::ofstream(data / "postgresql.conf", std::ios::app) << settings_of(files);
  std::ofstream access(data / "pg_hba.conf", std::ios::trunc);
  access << kAccess;
  std::error_code error;
  fs::permissions(data, fs::perms::owner_all, error);  // PostgreSQL insists.
  if (!access.flush() || error) {
    return fail(ErrorCode::kUnavailable, "cannot write in " + data.string());
  }
  return hand_over(files.folder, files.account);
}

const std::vector<std::string>& reserved_settings() {
  static const std::vector<std::string> kReserved{"data_directory",
                                                  "dynamic_shared_memory_type",
                                                  "external_pid_file",
                                                  "fsync",
                                                  "hba_file",
                                                  "listen_addresses",
                                                  "port",
                                                  "unix_socket_directories",
                                                  "unix_socket_permissions"};
  return kReserved;
}

}  // namespace stampede::environment
