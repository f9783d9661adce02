#include "experiments/plan/bench.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "core/config/dotted.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

using config::MapReader;
using config::Tree;

constexpr std::int64_t kMostCpu = 1023;  // What a CPU set of the kernel's interface holds.
constexpr std::chrono::minutes kLongestWarmup{10};

constexpr std::array<std::pair<std::string_view, bool>, 4> kSwitch{
    {{"on", true}, {"off", false}, {"true", true}, {"false", false}}};

// Settings that the bench chooses, so that the server is private and where it looks for it.
const std::vector<std::string>& reserved_settings() {
  static const std::vector<std::string> kReserved{
      "data_directory",          "dynamic_shared_memory_type",
      "external_pid_file",       "hba_file",
      "listen_addresses",        "port",
      "unix_socket_directories", "unix_socket_permissions"};
  return kReserved;
}

std::vector<int> read_cpus(MapReader& reader, std::string_view key) {
  std::vector<int> cpus;
  for (const auto& text : reader.texts(key)) {
    const auto cpu = config::parse_integer(text);
    if (cpu && *cpu >= 0 && *cpu <= kMostCpu) {
      cpus.push_back(static_cast<int>(*cpu));
    } else {
      reader.fault(key, fmt::format("expected numbers of CPUs such as [0, 1], got \"{}\"", text));
    }
  }
  return cpus;
}

void read_settings(const Tree& tree, const std::string& path, PostgresOptions& postgres,
                   config::Faults& faults) {
  if (!tree.is_map()) {
    faults.push_back({tree.origin, path, "expected a map of PostgreSQL settings"});
    return;
  }
  for (const auto& [name, value] : tree.entries) {
    const bool plain = std::ranges::all_of(name, [](unsigned char c) {
      return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_' || c == '.';
    });
    const auto key = config::key_path(path, name);
    if (!plain) {
      faults.push_back({value.origin, key, "is no name of a PostgreSQL setting"});
    } else if (name == "fsync") {
      faults.push_back({value.origin, key, "belongs to postgres.fsync"});
    } else if (std::ranges::find(reserved_settings(), name) != reserved_settings().end()) {
      faults.push_back({value.origin, key, "is chosen by the bench"});
    } else if (!value.is_scalar()) {
      faults.push_back({value.origin, key, "expected one value"});
    } else {
      postgres.settings.emplace_back(name, value.scalar);
    }
  }
}

config::Origin origin_of(const Tree& whole, std::string_view key) {
  const auto* tree = whole.find(key);
  return tree == nullptr ? config::Origin{} : tree->origin;
}

// `settings: {a.b: 1}` was spelled out as nested maps; PostgreSQL's own dots come back.
Tree flattened(const Tree& tree) {
  if (!tree.is_map()) return tree;
  Tree flat = Tree::map(tree.origin);
  for (const auto& [key, value] : tree.entries) {
    const auto inner = flattened(value);
    if (!inner.is_map()) {
      flat.entries.emplace_back(key, inner);
      continue;
    }
    for (const auto& [name, item] : inner.entries) {
      flat.entries.emplace_back(fmt::format("{}.{}", key, name), item);
    }
  }
  return flat;
}

// From the second server of a service to its number among all of them.
void number_server(const Bench& bench, Injection& injection, config::Faults& faults) {
  if (!injection.service) return;
  injection.instance = injection.number;
  if (injection.number > bench.instances) {
    faults.push_back(
        {injection.origin, "faults",
         fmt::format("cannot {}: there are {} of these", describe(injection), bench.instances)});
    return;
  }
  injection.number +=
      static_cast<std::int64_t>(group_of(bench.processes, *injection.service)) * bench.instances;
}

}  // namespace

const std::vector<std::string>& bench_keys() {
  static const std::vector<std::string> kKeys{"instances", "processes", "cpus",
                                              "postgres",  "kafka",     "faults"};
  return kKeys;
}

Bench read_bench(const Tree& whole, config::Faults& faults) {
  Bench bench;
  MapReader root(&whole, "", faults);
  bench.instances = root.integer("instances", 1, 1, kMostInstances);
  bench.instances_origin = origin_of(whole, "instances");
  bench.processes_origin = origin_of(whole, "processes");
  if (const auto* tree = root.child("processes")) bench.processes = read_processes(*tree, faults);
  auto cpus = root.map("cpus");
  bench.cpus = {.server = read_cpus(cpus, "server"),
                .generator = read_cpus(cpus, "generator"),
                .postgres = read_cpus(cpus, "postgres"),
                .redis = read_cpus(cpus, "redis"),
                .kafka = read_cpus(cpus, "kafka")};
  bench.cpus_origin = origin_of(whole, "cpus");
  cpus.finish();
  auto postgres = root.map("postgres");
  bench.postgres.fsync = postgres.choice<bool>("fsync", true, kSwitch);
  if (const auto* settings = postgres.child("settings")) {
    read_settings(flattened(*settings), "postgres.settings", bench.postgres, faults);
  }
  postgres.finish();
  auto kafka = root.map("kafka");
  bench.kafka.warmup =
      kafka.duration("warmup", bench.kafka.warmup, std::chrono::nanoseconds(0), kLongestWarmup);
  kafka.finish();
  if (const auto* list = root.child("faults")) bench.injections = read_injections(*list, faults);
  for (auto& injection : bench.injections) number_server(bench, injection, faults);
  return bench;
}

std::size_t server_count(const Bench& bench) {
  return static_cast<std::size_t>(bench.instances) *
         std::max<std::size_t>(1, bench.processes.size());
}

}  // namespace stampede::plan
