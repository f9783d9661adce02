// Private Redis servers: independent masters that keep nothing on disk, on free ports of the
// loopback, run by an account without rights. They end with this object. One thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/process.hpp"

namespace stampede::environment {

// kNotFound, with the Debian package's name, when the PATH has no redis-server.
Result<std::filesystem::path> find_redis();

struct RedisPlan {
  std::filesystem::path folder;  // Made; below a Scratch.
  std::vector<int> cpus;
  bool outlives = false;  // See Command.
};

class Redis {
 public:
  // Returns once it answers.
  static Result<Redis> start(const RedisPlan& plan, std::chrono::milliseconds patience);

  pid_t pid() const { return process_.pid(); }
  bool alive() { return !process_.poll(); }
  std::string address() const;  // "127.0.0.1:6379"

  int port() const { return port_; }
  // The port that address() names from now on: a proxy's. Nothing: its own.
  void reach_through(std::optional<int> proxy) { proxy_ = proxy; }

  // At once, as a crash would.
  void kill() { process_.stop(std::chrono::milliseconds(0)); }
  // After it has died: starts it again at the same address, and empty.
  Result<void> restart(std::chrono::milliseconds patience);

  // Removes every key.
  Result<void> flush();

  // Lets it run on when this process ends.
  static void leave(Redis redis) { Process::leave(std::move(redis.process_)); }

 private:
  Redis(RedisPlan plan, Process process, int port)
      : plan_(std::move(plan)), process_(std::move(process)), port_(port) {}

  // Nothing when it did not come to answer.
  static Result<std::optional<Redis>> try_start(const RedisPlan& plan, int port,
                                                std::chrono::steady_clock::time_point deadline);

  RedisPlan plan_;
  Process process_;
  int port_;
  std::optional<int> proxy_;
};

// "host:port,host:port", as lock.urls wants it: of the first `count`.
std::string addresses_of(const std::vector<Redis>& nodes, std::size_t count);

}  // namespace stampede::environment
