#include "experiments/environment/postgres.hpp"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <random>
#include <system_error>
#include <utility>

#include "experiments/environment/account.hpp"
#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/database.hpp"
#include "experiments/environment/free_port.hpp"
#include "experiments/environment/postgres_files.hpp"

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr char kRole[] = "stampede";  // Of the servers under test: no superuser.
constexpr int kLogLines = 12;
constexpr int kMostTries = 5;
constexpr auto kStopGrace = 5s;
constexpr std::size_t kLongestSocket = 100;  // A socket's address holds 107 characters.

fs::path log_of(const fs::path& folder) { return folder / "postgres.log"; }

std::string random_password() {
  std::random_device device;
  std::string text;
  for (int i = 0; i < 4; ++i) text += fmt::format("{:08x}", device());
  return text;
}

std::string why_it_ended(Process& process, const fs::path& folder) {
  const auto ended = process.wait(Clock::now() + 200ms);
  return fmt::format("{}; its last log lines:\n{}",
                     ended ? "it ended with " + describe(*ended) : "it still runs",
                     last_lines(log_of(folder), kLogLines));
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot make {}: {}", folder.string(), error.message()));
  }
  if (folder.string().size() <= kLongestSocket - std::string_view("/.s.PGSQL.65535").size()) {
    return {};
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} is too long a path for a socket; set TMPDIR", folder.string()));
}

}  // namespace

Postgres::Postgres(PostgresPlan plan, Process process, int port, std::string password)
    : plan_(std::move(plan)),
      process_(std::move(process)),
      folder_(plan_.folder),
      port_(port),
      password_(std::move(password)),
      superuser_(fmt::format("host='{}' port={} user={} dbname=postgres", folder_.string(), port_,
                             kSuperuser)) {}

Postgres::~Postgres() {
  if (!folder_.empty()) process_.stop(kStopGrace);
}

Result<Postgres> Postgres::start(const PostgresPlan& plan, std::chrono::milliseconds patience) {
  for (int i = 1;; ++i) {
    bool port_taken = false;
    auto started = try_start(plan, patience, port_taken);
    if (started || !port_taken || i == kMostTries) return started;
  }
}

Result<Process> Postgres::run(const PostgresPlan& plan) {
  auto programs = find_postgres();
  if (!programs) return Unexpected(programs.error());
  auto account = service_account();
  if (!account) return Unexpected(account.error());
  return Process::start({.program = *programs / "postgres",
                         .arguments = {"-D", (plan.folder / "data").string()},
                         .log = log_of(plan.folder),
                         .cpus = plan.cpus,
                         .directory = plan.folder,
                         .account = *account,
                         .stop_signal = SIGQUIT,  // At once, but without leftovers.
                         .outlives = plan.outlives});
}

// Sessions of the server that was killed may hold its shared memory for a moment, in which a new
// one refuses to start.
Result<void> Postgres::restart(std::chrono::milliseconds patience) {
  Error last{ErrorCode::kUnavailable, "the private PostgreSQL did not start again"};
  const bool ready = ask_until(Clock::now() + patience, [&] {
    if (!alive()) {
      auto process = run(plan_);
      if (!process) {
        last = process.error();
        return true;
      }
      process_ = std::move(*process);
    }
    return answers(superuser_).has_value();
  });
  if (ready && alive()) return {};
  last.message += ": " + obituary();
  return Unexpected(last);
}

Result<Postgres> Postgres::try_start(const PostgresPlan& plan, std::chrono::milliseconds patience,
                                     bool& port_taken) {
  auto programs = find_postgres();
  if (!programs) return Unexpected(programs.error());
  auto account = service_account();
  if (!account) return Unexpected(account.error());
  const auto port = free_port();
  if (!port) return Unexpected(port.error());
  if (auto made = make_folder(plan.folder); !made) return Unexpected(made.error());
  if (auto given = hand_over(plan.folder, *account); !given) return Unexpected(given.error());
  auto made = make_cluster({.programs = *programs,
                            .folder = plan.folder,
                            .account = *account,
                            .port = *port,
                            .fsync = plan.fsync,
                            .settings = plan.settings});
  if (!made) return Unexpected(made.error());
  auto process = run(plan);
  if (!process) return Unexpected(process.error());
  Postgres postgres(plan, std::move(*process), *port, random_password());
  Result<void> ready;
  ask_until(Clock::now() + patience, [&] {
    ready = answers(postgres.superuser_);
    return ready || !postgres.alive();
  });
  if (!ready) {
    const auto why = why_it_ended(postgres.process_, plan.folder);
    port_taken = why.find("Address already in use") != std::string::npos;
    return fail(ErrorCode::kUnavailable, "the private PostgreSQL did not start: " + why);
  }
  if (auto role = create_role(postgres.superuser_, kRole, postgres.password_); !role) {
    return Unexpected(role.error());
  }
  return postgres;
}

std::string Postgres::obituary() { return why_it_ended(process_, folder_); }

std::string Postgres::url(const std::string& database) const {
  return fmt::format("postgresql://{}:{}@127.0.0.1:{}/{}", kRole, password_, proxy_.value_or(port_),
                     database);
}

Result<void> Postgres::create_database(const std::string& name, const std::string& source) {
  return environment::create_database(superuser_, name, kRole, source);
}

Result<void> Postgres::drop_database(const std::string& name) {
  return environment::drop_database(superuser_, name);
}

Result<void> Postgres::checkpoint() { return environment::checkpoint(superuser_); }

void Postgres::leave(Postgres postgres) {
  Process::leave(std::move(postgres.process_));
  postgres.folder_.clear();
}

}  // namespace stampede::environment
