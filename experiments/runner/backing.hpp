// What stands behind the servers of a run: a private PostgreSQL, private Redis nodes, a private
// Kafka broker, a schema in the user's own PostgreSQL or topics at the user's own brokers. Started
// when the first cell needs it, kept for those that follow, fresh for each run of a cell, and gone
// with this object. What a killed bench left behind is removed when the next one begins.
//
// Belongs to the thread that made it, which outlives it: private servers die with that thread.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/fault_proxy.hpp"
#include "experiments/environment/kafka.hpp"
#include "experiments/environment/postgres.hpp"
#include "experiments/environment/redis.hpp"
#include "experiments/environment/sampler.hpp"
#include "experiments/environment/scratch.hpp"
#include "experiments/plan/experiment.hpp"

namespace stampede::runner {

// Brings an empty database up to the schema of the cell's store, by whatever config says.
using Migrate = std::function<Result<void>(const config::Tree& server)>;

// One run of a cell on its backing. Dropped, with what was stored, when it is destroyed.
class Stand {
 public:
  Stand(config::Tree server, std::function<void()> drop)
      : server_(std::move(server)), drop_(std::move(drop)) {}
  ~Stand() {
    if (drop_) drop_();
  }
  Stand(Stand&& other) noexcept
      : server_(std::move(other.server_)), drop_(std::exchange(other.drop_, nullptr)) {}
  Stand& operator=(Stand&&) = delete;

  // The cell's server configuration with all that was left out.
  const config::Tree& server() const { return server_; }

 private:
  config::Tree server_;
  std::function<void()> drop_;
};

class Backing {
 public:
  // `run` names the run, in letters, digits and -. Nothing is started yet.
  explicit Backing(const std::string& run);
  ~Backing();
  Backing(const Backing&) = delete;
  Backing& operator=(const Backing&) = delete;

  // kNotFound when a program is missing that one of the cells needs, with its package's name.
  static Result<void> check(const plan::Experiment& experiment);

  // Starts what is missing. `data` is a folder for a store's file. The Stand does not outlive this.
  Result<Stand> prepare(const plan::Cell& cell, const plan::Cpus& cpus,
                        const std::filesystem::path& data, const Migrate& migrate);

  // After the seeding of what prepare() gave: what it wrote is on disk before anything is measured.
  Result<void> settle(const plan::Cell& cell);

  // Every private server that the cell uses.
  std::vector<environment::Watched> watched(const plan::Cell& cell) const;

  // The private servers, for whoever breaks them on purpose; null when there is none such. `node`
  // counts from 0. Valid until the next prepare().
  environment::Postgres* postgres() { return postgres_ ? &*postgres_ : nullptr; }
  environment::Redis* redis(std::size_t node) {
    return node < redis_.size() ? &redis_[node] : nullptr;
  }
  environment::Kafka* kafka() { return kafka_ ? &*kafka_ : nullptr; }
  // Whether prepare() will start a broker for this cell, or start it anew.
  bool starts_kafka(const plan::Cell& cell, const plan::Cpus& cpus);
  // What stands before them in a cell whose faults need it.
  environment::FaultProxy* proxy(plan::Injection::Target target, std::size_t node);

  // How a private server that the cell uses has died; "" when all live.
  std::string obituary(const plan::Cell& cell);

 private:
  Result<void> ensure_scratch();
  Result<void> ensure_proxies(const plan::Cell& cell);
  Result<void> ensure_postgres(const plan::Cell& cell, const plan::Cpus& cpus);
  Result<void> ensure_redis(std::size_t nodes, const plan::Cpus& cpus);
  void name_redis(const plan::Needs& needs, config::Tree& server) const;
  bool has_kafka(const plan::Cpus& cpus);
  Result<void> ensure_kafka(const plan::Cpus& cpus);
  Result<std::function<void()>> take_topics(config::Tree& server);
  Result<std::string> ensure_pattern(const plan::Cell& cell, const config::Tree& server,
                                     const Migrate& migrate);
  Result<std::function<void()>> take_database(const plan::Cell& cell, config::Tree& server,
                                              const Migrate& migrate);
  Result<std::function<void()>> take_schema(config::Tree& server);

  const std::string run_;
  int taken_ = 0;  // Databases and schemas so far.
  std::optional<environment::Scratch> scratch_;
  std::optional<environment::Postgres> postgres_;
  std::string postgres_key_;                                   // What it was started with.
  std::vector<std::pair<std::string, std::string>> patterns_;  // By store: migrated, empty.
  std::vector<environment::Redis> redis_;
  std::vector<int> redis_cpus_;
  std::optional<environment::Kafka> kafka_;
  std::vector<int> kafka_cpus_;
  struct Proxy {
    plan::Injection::Target target{};
    std::size_t node = 0;
    environment::FaultProxy proxy;
  };
  std::vector<Proxy> proxies_;      // Of the present cell.
  std::vector<std::string> swept_;  // The user's servers that were looked through for leftovers.
};

}  // namespace stampede::runner
