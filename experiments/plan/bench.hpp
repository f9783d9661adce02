// What a cell asks of the bench itself, beside its load and its data:
//
//   instances: 3                       servers on one store; connections are dealt to them in turn
//   processes: each                    how the services are dealt to servers, see processes.hpp;
//                                      there are `instances` of each
//   cpus: {server: [0], generator: [1], postgres: [0], redis: [0], kafka: [0]}
//   postgres: {fsync: off, settings: {synchronous_commit: off}}   of the private PostgreSQL
//   kafka: {warmup: 30s}               a light load on a new private broker before it is measured
//   faults: [{at: 40%, target: server, kind: kill}]               see injection.hpp
//
// Like every block, they may be varied: they are no part of a server's configuration. Pure
// functions over plain data: safe to call from any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "experiments/plan/injection.hpp"
#include "experiments/plan/processes.hpp"

namespace stampede::plan {

// Which processors each side runs on. An empty list leaves it to the bench.
struct Cpus {
  std::vector<int> server;
  std::vector<int> generator;
  std::vector<int> postgres;  // The private one; where the servers run unless said otherwise,
  std::vector<int> redis;     // and so do these.
  std::vector<int> kafka;
};

struct PostgresOptions {
  bool fsync = true;
  std::vector<std::pair<std::string, std::string>> settings;  // Of postgresql.conf.
};

struct KafkaOptions {
  std::chrono::nanoseconds warmup = std::chrono::seconds(30);
};

struct Bench {
  std::int64_t instances = 1;
  config::Origin instances_origin;
  Processes processes;
  config::Origin processes_origin;
  Cpus cpus;
  config::Origin cpus_origin;
  PostgresOptions postgres;
  KafkaOptions kafka;
  std::vector<Injection> injections;
};

// How many servers there are: `instances` of each group.
std::size_t server_count(const Bench& bench);

// What the bench has to add to a server's configuration before it can start. Whoever knows the
// plugins fills it in; see Checks::needs.
struct Needs {
  bool store_file = false;       // store.path: a file of its own for each run of a cell.
  bool postgres = false;         // store.url: a database in a private PostgreSQL.
  bool schema = false;           // store.schema: a schema in the user's PostgreSQL.
  std::int64_t redis_nodes = 0;  // lock.urls: so many private Redis nodes.
  // Of one more private Redis, apart from the lock's: "coupon.gate.url".
  std::vector<std::string> redis_keys;
  bool kafka = false;          // transport.brokers: a private Kafka broker.
  bool topics = false;         // transport.topic.prefix and group.prefix: fresh ones.
  std::string skipped;         // What the cell needs and this machine does not have, or "".
  std::string caveat;          // What the report warns of, or "".
  std::string not_applicable;  // Why the cell is not run at all: its lock does not run on its
                               // store. Empty when it is.
};

inline constexpr std::int64_t kMostInstances = 64;

// The keys of such a block in an experiment file.
const std::vector<std::string>& bench_keys();

// `whole` has the bench's keys among others.
Bench read_bench(const config::Tree& whole, config::Faults& faults);

}  // namespace stampede::plan
