// A private PostgreSQL server: a cluster in a throwaway folder, on a free port of the loopback, run
// by an account without rights. It ends with this object, at once and without tidying up: nobody
// will read its files. One thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/process.hpp"

namespace stampede::environment {

struct PostgresPlan {
  std::filesystem::path folder;  // Made; below a Scratch.
  bool fsync = true;
  std::vector<std::pair<std::string, std::string>> settings;  // For postgresql.conf.
  std::vector<int> cpus;
  bool outlives = false;  // See Command.
};

class Postgres {
 public:
  // Returns once it answers; `patience` begins when its files are made. kNotFound when the programs
  // are missing, kUnavailable with the log's last lines when it does not start.
  static Result<Postgres> start(const PostgresPlan& plan, std::chrono::milliseconds patience);

  Postgres(Postgres&&) noexcept = default;
  Postgres& operator=(Postgres&&) = delete;
  ~Postgres();

  pid_t pid() const { return process_.pid(); }
  bool alive() { return !process_.poll(); }
  std::string obituary();

  // At once, as a crash would: SIGKILL to the server, whose sessions then end by themselves.
  void kill() { process_.stop(std::chrono::milliseconds(0)); }
  // After it has died: starts it again at the same address; it recovers what was committed.
  Result<void> restart(std::chrono::milliseconds patience);

  // For clients of a database, by TCP, as its owner.
  std::string url(const std::string& database) const;

  int port() const { return port_; }
  // The port that url() names from now on: a proxy's. Nothing: its own.
  void reach_through(std::optional<int> proxy) { proxy_ = proxy; }

  // Owned by the clients' role. `source` is a database that nobody is connected to.
  Result<void> create_database(const std::string& name, const std::string& source = "template1");
  Result<void> drop_database(const std::string& name);
  // Writes out what was changed so far, so that it is not done during a measurement.
  Result<void> checkpoint();

  // Lets it run on when this process ends.
  static void leave(Postgres postgres);

 private:
  Postgres(PostgresPlan plan, Process process, int port, std::string password);
  static Result<Postgres> try_start(const PostgresPlan& plan, std::chrono::milliseconds patience,
                                    bool& port_taken);

  static Result<Process> run(const PostgresPlan& plan);

  PostgresPlan plan_;
  Process process_;
  std::filesystem::path folder_;  // Empty when moved from or left.
  int port_;
  std::optional<int> proxy_;
  std::string password_;
  std::string superuser_;  // How the bench connects.
};

}  // namespace stampede::environment
