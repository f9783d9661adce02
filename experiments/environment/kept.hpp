// Private servers that outlive the command that started them, for interactive use: `stampede env`.
// At most one set of them exists for a user; the cache folder remembers it. One thread at a time.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/owner.hpp"

namespace stampede::environment {

struct KeptServer {
  std::string name;     // "postgres", "redis 1", "kafka"
  std::string address;  // A url with its password for PostgreSQL, host:port for the others.
  Owner process;
  bool runs = false;  // Now.
};

struct Kept {
  std::filesystem::path folder;
  std::vector<KeptServer> servers;

  bool has_postgres() const;
  std::string postgres_url() const;     // "" without one.
  std::string redis_addresses() const;  // Comma separated; "" without any.
  std::size_t redis_nodes() const;
  std::string kafka_address() const;  // "" without one.
};

struct KeepPlan {
  bool postgres = true;
  int redis_nodes = 1;
  bool kafka = false;
};

// kInvalid when some are kept already; kNotFound when a program is missing. All or nothing.
Result<Kept> keep(const KeepPlan& plan);

// Nothing when none are kept. Some of them may have ended meanwhile.
Result<std::optional<Kept>> kept();

// Ends them and removes everything. Nothing when none are kept.
Result<std::optional<Kept>> let_go();

}  // namespace stampede::environment
