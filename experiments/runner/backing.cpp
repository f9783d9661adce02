#include "experiments/runner/backing.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/config/dotted.hpp"
#include "core/saga/area.hpp"
#include "core/server/secrets.hpp"
#include "experiments/environment/database.hpp"
#include "experiments/environment/kafka_topics.hpp"
#include "experiments/environment/owner.hpp"
#include "experiments/environment/postgres_files.hpp"
#include "experiments/runner/names.hpp"

namespace stampede::runner {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using config::Tree;
using environment::Kafka;
using environment::Postgres;
using environment::Redis;

constexpr auto kStartPatience = 60s;
constexpr auto kKafkaPatience = 180s;  // Java takes its time on a busy machine.

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// "HOST PID ...": who made a schema, so that it is told from those of runs that are under way.
std::string schema_owner() {
  return fmt::format("{} {}", host_name(), to_text(environment::this_process()));
}

bool is_abandoned(const std::string& schema_owner) {
  const auto host = host_name() + " ";
  if (!schema_owner.starts_with(host)) return false;
  const auto owner = environment::owner_from(schema_owner.substr(host.size()));
  return owner && !environment::lives(*owner);
}

std::string identifier(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += std::isalnum(static_cast<unsigned char>(c)) != 0
                  ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                  : '_';
  }
  return result;
}

std::string key_of(const plan::Cell& cell, const plan::Cpus& cpus) {
  const auto& options = cell.bench.postgres;
  auto key = fmt::format("{} {}", options.fsync, fmt::join(cpus.postgres, ","));
  for (const auto& [name, value] : options.settings) key += fmt::format("\n{} = {}", name, value);
  return key;
}

// One for the gates, after those of the lock, so that neither is measured by what the other does.
std::size_t redis_count(const plan::Needs& needs) {
  return static_cast<std::size_t>(needs.redis_nodes) + (needs.redis_keys.empty() ? 0 : 1);
}

std::string store_of(const plan::Cell& cell) {
  const auto* use = cell.server.at("store.use");
  return use == nullptr ? "" : use->scalar;
}

}  // namespace

Backing::Backing(const std::string& run) : run_(identifier(run)) {
  environment::remove_abandoned();
}

Backing::~Backing() = default;

Result<void> Backing::check(const plan::Experiment& experiment) {
  for (const auto& cell : experiment.cells) {
    if (!cell.needs.not_applicable.empty() || !cell.needs.skipped.empty()) continue;
    if (cell.needs.postgres) {
      if (const auto found = environment::find_postgres(); !found) return Unexpected(found.error());
    }
    if (redis_count(cell.needs) > 0) {
      if (const auto found = environment::find_redis(); !found) return Unexpected(found.error());
    }
  }
  return {};
}

Result<void> Backing::ensure_scratch() {
  if (scratch_) return {};
  auto made = environment::Scratch::make();
  if (!made) return Unexpected(made.error());
  scratch_.emplace(std::move(*made));
  return {};
}

Result<void> Backing::ensure_postgres(const plan::Cell& cell, const plan::Cpus& cpus) {
  if (postgres_ && postgres_key_ == key_of(cell, cpus) && postgres_->alive()) return {};
  postgres_.reset();
  patterns_.clear();
  if (auto made = ensure_scratch(); !made) return made;
  auto started = Postgres::start({.folder = scratch_->path() / "postgres",
                                  .fsync = cell.bench.postgres.fsync,
                                  .settings = cell.bench.postgres.settings,
                                  .cpus = cpus.postgres},
                                 kStartPatience);
  if (!started) return Unexpected(started.error());
  postgres_.emplace(std::move(*started));
  postgres_key_ = key_of(cell, cpus);
  return {};
}

Result<void> Backing::ensure_redis(std::size_t nodes, const plan::Cpus& cpus) {
  if (nodes == 0) return {};
  const bool same = redis_cpus_ == cpus.redis;
  if (!same || !std::ranges::all_of(redis_, [](Redis& node) { return node.alive(); })) {
    redis_.clear();
  }
  redis_cpus_ = cpus.redis;
  if (auto made = ensure_scratch(); !made) return made;
  while (redis_.size() < nodes) {
    const auto folder = scratch_->path() / fmt::format("redis-{}", redis_.size() + 1);
    auto started = Redis::start({.folder = folder, .cpus = cpus.redis}, kStartPatience);
    if (!started) return Unexpected(started.error());
    redis_.push_back(std::move(*started));
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    if (auto flushed = redis_[i].flush(); !flushed) return flushed;
  }
  return {};
}

void Backing::name_redis(const plan::Needs& needs, Tree& server) const {
  const auto nodes = static_cast<std::size_t>(needs.redis_nodes);
  if (nodes > 0) config::set_at(server, "lock.urls", Tree::scalar_of(addresses_of(redis_, nodes)));
  for (const auto& key : needs.redis_keys) {
    config::set_at(server, key, Tree::scalar_of(redis_.at(nodes).address()));
  }
}

bool Backing::has_kafka(const plan::Cpus& cpus) {
  return kafka_ && kafka_cpus_ == cpus.kafka && kafka_->alive();
}

bool Backing::starts_kafka(const plan::Cell& cell, const plan::Cpus& cpus) {
  return cell.needs.kafka && !has_kafka(cpus);
}

Result<void> Backing::ensure_kafka(const plan::Cpus& cpus) {
  if (has_kafka(cpus)) return {};
  kafka_.reset();
  if (auto made = ensure_scratch(); !made) return made;
  auto started =
      Kafka::start({.folder = scratch_->path() / "kafka", .cpus = cpus.kafka}, kKafkaPatience);
  if (!started) return Unexpected(started.error());
  kafka_.emplace(std::move(*started));
  kafka_cpus_ = cpus.kafka;
  return {};
}

Result<std::function<void()>> Backing::take_topics(Tree& server) {
  const auto* brokers = server.at("transport.brokers");
  if (brokers == nullptr) return fail(ErrorCode::kInvalid, "transport.brokers is missing");
  const auto address = brokers->scalar;  // The tree is changed below.
  // Topics are the whole cluster's: two benches on one of them take different names.
  const auto prefix = fmt::format("stampede-{}-{}-{}.", run_, ::getpid(), ++taken_);
  config::set_at(server, "transport.topic.prefix", Tree::scalar_of(prefix));
  config::set_at(server, "transport.group.prefix", Tree::scalar_of(prefix));
  // What cannot be removed now stays under a name that nobody else takes.
  return std::function<void()>(
      [address, prefix] { static_cast<void>(environment::remove_topics(address, prefix)); });
}

// Fresh ones, so that nothing of an earlier fault is left.
Result<void> Backing::ensure_proxies(const plan::Cell& cell) {
  proxies_.clear();
  if (postgres_) postgres_->reach_through(std::nullopt);
  for (auto& node : redis_) node.reach_through(std::nullopt);
  for (const auto& injection : cell.bench.injections) {
    const auto node = static_cast<std::size_t>(injection.number - 1);
    if (!injection.needs_proxy() || proxy(injection.target, node) != nullptr) continue;
    const bool is_postgres = injection.target == plan::Injection::Target::kPostgres;
    auto started =
        environment::FaultProxy::start(is_postgres ? postgres_->port() : redis_.at(node).port());
    if (!started) return Unexpected(started.error());
    const int port = started->port();
    proxies_.push_back({injection.target, node, std::move(*started)});
    if (is_postgres) postgres_->reach_through(port);
    if (!is_postgres) redis_.at(node).reach_through(port);
  }
  return {};
}

environment::FaultProxy* Backing::proxy(plan::Injection::Target target, std::size_t node) {
  for (auto& entry : proxies_) {
    if (entry.target == target && entry.node == node) return &entry.proxy;
  }
  return nullptr;
}

Result<std::string> Backing::ensure_pattern(const plan::Cell& cell, const Tree& server,
                                            const Migrate& migrate) {
  const auto store = store_of(cell);
  for (const auto& [name, pattern] : patterns_) {
    if (name == store) return pattern;
  }
  auto pattern = fmt::format("pattern_{}", patterns_.size() + 1);
  if (auto made = postgres_->create_database(pattern); !made) return Unexpected(made.error());
  auto config = server;
  config::set_at(config, "store.url", Tree::scalar_of(postgres_->url(pattern)));
  if (auto migrated = migrate(config); !migrated) {
    static_cast<void>(postgres_->drop_database(pattern));  // The error that counts is the first.
    return Unexpected(migrated.error());
  }
  patterns_.emplace_back(store, pattern);
  return pattern;
}

Result<std::function<void()>> Backing::take_database(const plan::Cell& cell, Tree& server,
                                                     const Migrate& migrate) {
  const auto pattern = ensure_pattern(cell, server, migrate);
  if (!pattern) return Unexpected(pattern.error());
  const auto name = fmt::format("run_{}", ++taken_);
  if (auto made = postgres_->create_database(name, *pattern); !made) {
    return Unexpected(made.error());
  }
  config::set_at(server, "store.url", Tree::scalar_of(postgres_->url(name)));
  // A database that stays goes with the whole server.
  return std::function<void()>([this, name] {
    if (postgres_) static_cast<void>(postgres_->drop_database(name));
  });
}

Result<std::function<void()>> Backing::take_schema(Tree& server) {
  config::Faults faults;
  server::Secrets secrets;
  const auto resolved = server::resolve_secrets(server, secrets, faults);
  const auto* url = resolved.at("store.url");
  if (!faults.empty() || url == nullptr) {
    return fail(ErrorCode::kInvalid, "store.url: " + config::describe(faults));
  }
  const auto connection = url->scalar;
  if (std::ranges::find(swept_, connection) == swept_.end()) {
    const auto schemas = environment::marked_schemas(connection);
    if (!schemas) return Unexpected(schemas.error());
    for (const auto& [schema, owner] : *schemas) {
      if (!is_abandoned(owner)) continue;
      if (auto gone = environment::drop_schema(connection, schema); !gone) {
        return Unexpected(gone.error());
      }
    }
    swept_.push_back(connection);
  }
  const auto name =
      fmt::format("{}{}_{}_{}", environment::kSchemaPrefix, run_, ::getpid(), ++taken_);
  auto names = std::vector{name};
  if (const auto* topology = server.at("topology"); topology && topology->scalar == "services") {
    names.clear();
    for (const auto service : saga::kAreaNames) names.push_back(saga::schema_for(name, service));
  }
  config::set_at(server, "store.schema", Tree::scalar_of(name));
  // A schema that cannot be dropped now is dropped by the next run on this server.
  const auto drop = [connection, names] {
    for (const auto& one : names) static_cast<void>(environment::drop_schema(connection, one));
  };
  for (const auto& one : names) {
    if (auto made = environment::create_schema(connection, one, schema_owner()); !made) {
      drop();
      return Unexpected(made.error());
    }
  }
  return std::function<void()>(drop);
}

Result<Stand> Backing::prepare(const plan::Cell& cell, const plan::Cpus& cpus, const fs::path& data,
                               const Migrate& migrate) {
  const auto& needs = cell.needs;
  config::Faults ignored;  // The cell was checked.
  auto server = config::nested(cell.server, "", ignored);
  if (needs.store_file) {
    config::set_at(server, "store.path", Tree::scalar_of((data / "stampede.db").string()));
  }
  if (auto ready = ensure_redis(redis_count(needs), cpus); !ready) return Unexpected(ready.error());
  std::vector<std::function<void()>> drops;
  const auto take = [&](Result<std::function<void()>> drop) -> Result<void> {
    if (!drop) return Unexpected(drop.error());
    drops.push_back(std::move(*drop));
    return {};
  };
  Result<void> taken;
  if (needs.kafka) {
    if (taken = ensure_kafka(cpus); !taken) return Unexpected(taken.error());
    config::set_at(server, "transport.brokers", Tree::scalar_of(kafka_->address()));
  }
  if (needs.postgres) {
    if (taken = ensure_postgres(cell, cpus); !taken) return Unexpected(taken.error());
  }
  if (taken = ensure_proxies(cell); !taken) return Unexpected(taken.error());
  name_redis(needs, server);
  if (needs.postgres) {
    taken = take(take_database(cell, server, migrate));
  } else if (needs.schema) {
    taken = take(take_schema(server));
  }
  if (taken && needs.topics) taken = take(take_topics(server));
  if (!taken) {
    for (const auto& drop : drops) drop();
    return Unexpected(taken.error());
  }
  return Stand(std::move(server), [drops = std::move(drops)] {
    for (const auto& drop : drops) drop();
  });
}

Result<void> Backing::settle(const plan::Cell& cell) {
  if (!cell.needs.postgres) return {};
  return postgres_->checkpoint();
}

std::vector<environment::Watched> Backing::watched(const plan::Cell& cell) const {
  std::vector<environment::Watched> all;
  if (cell.needs.postgres && postgres_) {
    all.push_back({.name = kPostgresName, .pid = postgres_->pid(), .with_children = true});
  }
  const auto nodes = std::min(redis_.size(), redis_count(cell.needs));
  for (std::size_t i = 0; i < nodes; ++i) {
    all.push_back({.name = name_of_redis(static_cast<std::int64_t>(i)), .pid = redis_[i].pid()});
  }
  if (cell.needs.kafka && kafka_) all.push_back({.name = kKafkaName, .pid = kafka_->pid()});
  return all;
}

std::string Backing::obituary(const plan::Cell& cell) {
  std::string text;
  if (cell.needs.postgres && postgres_ && !postgres_->alive()) {
    text += "; the private PostgreSQL: " + postgres_->obituary();
  }
  for (std::size_t i = 0; i < redis_.size() && i < redis_count(cell.needs); ++i) {
    if (!redis_[i].alive()) text += fmt::format("; the private Redis {} has died", i + 1);
  }
  if (cell.needs.kafka && kafka_ && !kafka_->alive()) {
    text += "; the private Kafka: " + kafka_->obituary();
  }
  return text;
}

}  // namespace stampede::runner
