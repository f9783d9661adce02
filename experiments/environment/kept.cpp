#include "experiments/environment/kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "experiments/environment/cache.hpp"
#include "experiments/environment/kafka.hpp"
#include "experiments/environment/postgres.hpp"
#include "experiments/environment/redis.hpp"
#include "experiments/environment/scratch.hpp"

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto kStartPatience = 60s;
constexpr auto kKafkaPatience = 180s;  // Java takes its time on a busy machine.
constexpr char kDatabase[] = "stampede";

Result<fs::path> state_file() {
  auto folder = cache_folder();
  if (!folder) return folder;
  return *folder / "env.json";
}

// It holds a password: for this user only.
Result<void> remember(const Kept& kept, const fs::path& file) {
  json state{{"folder", kept.folder.string()}, {"servers", json::array()}};
  for (const auto& server : kept.servers) {
    state["servers"].push_back(
        {{"name", server.name}, {"address", server.address}, {"process", to_text(server.process)}});
  }
  const fs::path fresh = file.string() + ".new";
  std::error_code error;
  fs::remove(fresh, error);
  std::ofstream stream(fresh);
  fs::permissions(fresh, fs::perms::owner_read | fs::perms::owner_write, error);
  stream << state.dump() << '\n';
  if (!error && stream.flush()) fs::rename(fresh, file, error);
  if (!error && stream) return {};
  return fail(ErrorCode::kUnavailable, "cannot write " + file.string());
}

// What is no state of ours reads as nothing kept: the folder it was about goes with its owners.
std::optional<Kept> recall(const fs::path& file) {
  std::ifstream stream(file);
  const auto state = json::parse(stream, nullptr, false);
  if (!state.is_object() || !state.contains("servers") || !state["servers"].is_array()) {
    return std::nullopt;
  }
  Kept kept{.folder = state.value("folder", ""), .servers = {}};
  for (const auto& entry : state["servers"]) {
    const auto process = owner_from(entry.value("process", ""));
    if (!process) return std::nullopt;
    kept.servers.push_back({.name = entry.value("name", ""),
                            .address = entry.value("address", ""),
                            .process = *process,
                            .runs = lives(*process)});
  }
  return kept;
}

Result<KeptServer> server_of(std::string name, std::string address, pid_t pid) {
  const auto process = owner_of(pid);
  if (!process) return fail(ErrorCode::kUnavailable, name + " ended at once");
  return KeptServer{
      .name = std::move(name), .address = std::move(address), .process = *process, .runs = true};
}

struct Started {
  std::optional<Postgres> postgres;
  std::vector<Redis> redis;
  std::optional<Kafka> kafka;
};

Result<Kept> start_all(const KeepPlan& plan, const Scratch& scratch, Started& started) {
  Kept kept{.folder = scratch.path(), .servers = {}};
  if (plan.postgres) {
    auto postgres =
        Postgres::start({.folder = scratch.path() / "postgres", .outlives = true}, kStartPatience);
    if (!postgres) return Unexpected(postgres.error());
    started.postgres.emplace(std::move(*postgres));
    if (auto made = started.postgres->create_database(kDatabase); !made) {
      return Unexpected(made.error());
    }
    auto server = server_of("postgres", started.postgres->url(kDatabase), started.postgres->pid());
    if (!server) return Unexpected(server.error());
    kept.servers.push_back(std::move(*server));
  }
  for (int i = 1; i <= plan.redis_nodes; ++i) {
    auto node = Redis::start(
        {.folder = scratch.path() / fmt::format("redis-{}", i), .outlives = true}, kStartPatience);
    if (!node) return Unexpected(node.error());
    auto server = server_of(fmt::format("redis {}", i), node->address(), node->pid());
    if (!server) return Unexpected(server.error());
    kept.servers.push_back(std::move(*server));
    started.redis.push_back(std::move(*node));
  }
  if (plan.kafka) {
    auto kafka =
        Kafka::start({.folder = scratch.path() / "kafka", .outlives = true}, kKafkaPatience);
    if (!kafka) return Unexpected(kafka.error());
    started.kafka.emplace(std::move(*kafka));
    auto server = server_of("kafka", started.kafka->address(), started.kafka->pid());
    if (!server) return Unexpected(server.error());
    kept.servers.push_back(std::move(*server));
  }
  return kept;
}

}  // namespace

bool Kept::has_postgres() const { return !postgres_url().empty(); }

std::string Kept::postgres_url() const {
  const auto found = std::ranges::find(servers, "postgres", &KeptServer::name);
  return found == servers.end() ? "" : found->address;
}

std::string Kept::redis_addresses() const {
  std::string text;
  for (const auto& server : servers) {
    if (server.name.starts_with("redis ")) text += (text.empty() ? "" : ",") + server.address;
  }
  return text;
}

std::size_t Kept::redis_nodes() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      servers, [](const KeptServer& server) { return server.name.starts_with("redis "); }));
}

std::string Kept::kafka_address() const {
  const auto found = std::ranges::find(servers, "kafka", &KeptServer::name);
  return found == servers.end() ? "" : found->address;
}

Result<Kept> keep(const KeepPlan& plan) {
  remove_abandoned();
  const auto file = state_file();
  if (!file) return Unexpected(file.error());
  if (const auto before = recall(*file);
      before && std::ranges::any_of(before->servers, &KeptServer::runs)) {
    return fail(ErrorCode::kInvalid,
                fmt::format("an environment is up already, in {}; `stampede env status` shows it, "
                            "`stampede env down` removes it",
                            before->folder.string()));
  }
  auto scratch = Scratch::make();
  if (!scratch) return Unexpected(scratch.error());
  Started started;
  auto kept = start_all(plan, *scratch, started);
  if (!kept) return kept;
  if (auto remembered = remember(*kept, *file); !remembered) return Unexpected(remembered.error());
  std::vector<Owner> owners;
  for (const auto& server : kept->servers) owners.push_back(server.process);
  if (auto left = Scratch::leave_to(std::move(*scratch), owners); !left) {
    return Unexpected(left.error());
  }
  if (started.postgres) Postgres::leave(std::move(*started.postgres));
  for (auto& node : started.redis) Redis::leave(std::move(node));
  if (started.kafka) Kafka::leave(std::move(*started.kafka));
  return kept;
}

Result<std::optional<Kept>> kept() {
  const auto file = state_file();
  if (!file) return Unexpected(file.error());
  return recall(*file);
}

Result<std::optional<Kept>> let_go() {
  const auto file = state_file();
  if (!file) return Unexpected(file.error());
  auto found = recall(*file);
  std::error_code error;
  if (found && fs::exists(found->folder, error)) {
    if (auto gone = remove_scratch(found->folder); !gone) return Unexpected(gone.error());
  }
  fs::remove(*file, error);
  remove_abandoned();
  return found;
}

}  // namespace stampede::environment
