#include "experiments/runner/needs.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/dotted.hpp"
#include "core/config/text.hpp"
#include "core/plugin/catalog.hpp"
#include "core/plugin/search_path.hpp"
#include "core/server/config.hpp"
#include "experiments/environment/kafka_files.hpp"
#include "experiments/plan/scale.hpp"

namespace stampede::runner {

namespace {

using config::Tree;

// Names nobody: the server's checks connect to nothing.
constexpr char kSomeUrl[] = "postgresql://127.0.0.1:1/stampede";

// The configuration's plugins before it is known to be right: a name that is wrong declares
// nothing, and is reported by the server's own reader.
class Plugins {
 public:
  explicit Plugins(const Tree& server) : server_(server), catalog_(search_path(server)) {}

  const OptionSpec* option(plugin::Kind kind, const std::string& section, std::string_view fallback,
                           std::string_view name) {
    const auto* use = server_.at(section + ".use");
    const auto info = catalog_.describe(
        kind, use != nullptr && use->is_scalar() ? use->scalar : std::string(fallback));
    if (!info || !info->unusable.empty()) return nullptr;
    for (const auto& spec : info->options) {
      if (spec.name == name) return &spec;
    }
    return nullptr;
  }

 private:
  static std::vector<std::filesystem::path> search_path(const Tree& server) {
    std::vector<std::filesystem::path> own;
    if (const auto* list = server.find("plugins")) {
      for (const auto& item : list->items) own.emplace_back(item.scalar);
      if (list->is_scalar()) own.emplace_back(list->scalar);
    }
    return plugin::search_path(own);
  }

  const Tree& server_;
  plugin::Catalog catalog_;
};

// Whether the key, or the file or variable to read it from, is given.
bool is_given(const Tree& server, const std::string& key) {
  const auto* value = server.at(key);
  const bool empty = value == nullptr || value->kind == Tree::Kind::kNull ||
                     (value->is_scalar() && value->scalar.empty());
  return !empty || server.at(key + "_file") != nullptr;
}

void refuse_given(const Tree& server, const std::string& key, const std::string& why,
                  config::Faults& faults) {
  if (const auto* value = server.at(key)) faults.push_back({value->origin, key, why});
}

void find_store_needs(Plugins& plugins, Tree& server, plan::Needs& needs, config::Faults& faults) {
  constexpr std::string_view kDefault = "sqlite";
  const auto declares = [&](std::string_view name) {
    return plugins.option(plugin::Kind::kStore, "store", kDefault, name) != nullptr;
  };
  needs.store_file = declares("path");
  if (needs.store_file) {
    refuse_given(server, "store.path",
                 "every run of a cell gets a fresh file below --results; leave it out", faults);
  }
  if (!declares("url") || !declares("schema")) return;
  needs.postgres = !is_given(server, "store.url");
  needs.schema = !needs.postgres;
  if (needs.schema) {
    refuse_given(server, "store.schema",
                 "the bench makes a schema for each run and drops it afterwards; leave it out",
                 faults);
  } else {
    config::set_at(server, "store.url", Tree::scalar_of(kSomeUrl));
  }
}

void find_lock_needs(Plugins& plugins, Tree& server, plan::Needs& needs) {
  const auto declared = [&](std::string_view name) {
    return plugins.option(plugin::Kind::kLock, "lock", "per_user", name);
  };
  const auto* nodes = declared("nodes");
  if (nodes == nullptr || declared("urls") == nullptr || is_given(server, "lock.urls")) return;
  const auto* written = server.at("lock.nodes");
  const auto count = config::parse_integer(written == nullptr ? nodes->fallback : written->scalar);
  // A number that the plugin does not take is reported by the server's own reader.
  needs.redis_nodes = std::clamp<std::int64_t>(count.value_or(1), 1, 16);
  std::string urls;
  for (std::int64_t i = 0; i < needs.redis_nodes; ++i) {
    urls += fmt::format("{}127.0.0.1:{}", i == 0 ? "" : ",", i + 1);
  }
  config::set_at(server, "lock.urls", Tree::scalar_of(urls));
}

void find_redis_needs(Plugins& plugins, plugin::Kind kind, const std::string& section, Tree& server,
                      plan::Needs& needs) {
  const auto key = section + ".url";
  if (plugins.option(kind, section, "", "url") == nullptr || is_given(server, key)) return;
  needs.redis_keys.push_back(key);
  config::set_at(server, key, Tree::scalar_of("127.0.0.1:1"));
}

// A transport of one process is none for several.
void find_transport_needs(Plugins& plugins, Tree& server, const plan::Cell& cell,
                          plan::Needs& needs, config::Faults& faults) {
  const auto declares = [&](std::string_view name) {
    return plugins.option(plugin::Kind::kTransport, "transport", "inline", name) != nullptr;
  };
  if (!declares("brokers") || !declares("topic.prefix") || !declares("group.prefix")) return;
  needs.kafka = !is_given(server, "transport.brokers");
  const auto* brokers = server.at("transport.brokers");
  const bool embedded = brokers != nullptr && brokers->scalar == "embedded";
  if (embedded && plan::server_count(cell.bench) > 1) {
    faults.push_back({brokers->origin, "transport.brokers",
                      "the embedded broker lives within one process: several servers share none; "
                      "leave it out for a private broker"});
  }
  if (embedded) {
    needs.caveat =
        "transport.brokers is embedded: this broker forgets all but the last 5 MB or 100,000 "
        "batches of a partition, may deliver twice, and says nothing about durability";
  }
  needs.topics = !embedded;
  if (needs.topics) {
    for (const auto* key : {"transport.topic.prefix", "transport.group.prefix"}) {
      refuse_given(server, key,
                   "the bench gives each run topics and groups of its own; leave it out", faults);
    }
  }
  if (!needs.kafka) return;
  if (const auto found = environment::find_kafka(); !found) needs.skipped = found.error().message;
  config::set_at(server, "transport.brokers", Tree::scalar_of("127.0.0.1:1"));
}

// Who hosts what, and where they are, is the bench's to say. The configuration becomes that of the
// first server, as far as can be said before they are started.
void deal_services(Tree& server, const plan::Bench& bench, config::Faults& faults) {
  const auto* all = server.at("services");
  if (all != nullptr && !(all->is_scalar() && all->scalar == "all")) {
    faults.push_back({all->origin, "services",
                      "in an experiment `processes` says which server hosts what; leave it out"});
  }
  for (const auto* key : {"peers", "service_listener"}) {
    refuse_given(server, key, "the bench tells its servers of each other; leave it out", faults);
  }
  if (bench.processes.empty()) return;
  const auto* topology = server.at("topology");
  if (topology == nullptr || topology->scalar != "services") {
    faults.push_back({bench.processes_origin, "processes",
                      "several servers share services out: needs topology: services"});
    return;
  }
  Tree hosted;
  hosted.kind = Tree::Kind::kList;
  for (std::size_t i = 0; i < saga::kAreaCount; ++i) {
    if (!bench.processes.front().test(i)) continue;
    hosted.items.push_back(Tree::scalar_of(std::string(saga::kAreaNames.at(i))));
  }
  config::set_at(server, "services", std::move(hosted));
}

void check_cpus(const plan::Bench& bench, config::Faults& faults) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const auto& cpus = bench.cpus;
  for (const auto* list :
       {&cpus.server, &cpus.generator, &cpus.postgres, &cpus.redis, &cpus.kafka}) {
    for (const int cpu : *list) {
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) continue;
      faults.push_back({bench.cpus_origin, "cpus",
                        fmt::format("this machine lets the bench use no CPU {}", cpu)});
    }
  }
}

// How many the bench itself starts of what a fault breaks.
std::int64_t count_of(const plan::Cell& cell, const plan::Needs& needs,
                      plan::Injection::Target target) {
  switch (target) {
    case plan::Injection::Target::kServer:
      return static_cast<std::int64_t>(plan::server_count(cell.bench));
    case plan::Injection::Target::kPostgres:
      return needs.postgres ? 1 : 0;
    case plan::Injection::Target::kRedis:
      return needs.redis_nodes + (needs.redis_keys.empty() ? 0 : 1);
    case plan::Injection::Target::kKafka:
      return needs.kafka ? 1 : 0;
  }
  return 0;
}

std::optional<std::chrono::nanoseconds> window_of(Tree load) {
  std::erase_if(load.entries, [](const auto& entry) { return entry.key == "warmup"; });
  return plan::load_time(load);
}

void check_injections(const plan::Cell& cell, const plan::Needs& needs, config::Faults& faults) {
  const auto window = window_of(cell.load);
  for (const auto& injection : cell.bench.injections) {
    const auto say = [&](std::string message) {
      faults.push_back({injection.origin, "faults", std::move(message)});
    };
    const auto count = count_of(cell, needs, injection.target);
    if (injection.number > count) {
      say(fmt::format("cannot {}: of those the bench starts {} for this cell",
                      plan::describe(injection), count));
    }
    if (!window) {
      say("a fault needs a load of a stated duration, so that it is known when it comes");
      continue;
    }
    const auto at = std::max(injection.earliest.in(*window), injection.latest.in(*window));
    if (at < *window) continue;
    say(fmt::format("\"{}\" may come at {}, when the window of {} has closed",
                    plan::describe(injection), config::format_duration(at),
                    config::format_duration(*window)));
  }
}

}  // namespace

config::Faults find_needs(const plan::Cell& cell, plan::Needs& needs) {
  config::Faults faults;
  auto server = config::nested(cell.server, "", faults);
  Plugins plugins(server);
  find_store_needs(plugins, server, needs, faults);
  find_lock_needs(plugins, server, needs);
  find_redis_needs(plugins, plugin::Kind::kGate, "coupon.gate", server, needs);
  find_redis_needs(plugins, plugin::Kind::kGate, "stock.gate", server, needs);
  find_redis_needs(plugins, plugin::Kind::kRanking, "ranking", server, needs);
  find_transport_needs(plugins, server, cell, needs, faults);
  deal_services(server, cell.bench, faults);
  const auto parsed = server::parse_config(server, faults, {}, server::Misfit::kTell);
  check_cpus(cell.bench, faults);
  check_injections(cell, needs, faults);
  if (!parsed) return faults;
  needs.not_applicable = parsed->misfit;
  if (parsed->config.chaos.any()) {
    if (!needs.caveat.empty()) needs.caveat += "; ";
    needs.caveat += "chaos is on: events come twice, out of order among keys, or late on purpose";
  }
  if (cell.bench.instances > 1 && parsed->sharing == Sharing::kProcess) {
    faults.push_back(
        {cell.bench.instances_origin, "instances",
         fmt::format("{} instances need a store that they can share; store {} keeps its state "
                     "within one process",
                     cell.bench.instances, parsed->config.store.use)});
  }
  const auto check_gate = [&](Sharing sharing, const std::string& gate) {
    if (cell.bench.instances == 1 || sharing == Sharing::kNetwork) return;
    faults.push_back(
        {cell.bench.instances_origin, "instances",
         fmt::format("{} instances need a gate that they can share; gate {} decides within one "
                     "process",
                     cell.bench.instances, gate)});
  };
  check_gate(parsed->gate_sharing, parsed->config.gate.use);
  check_gate(parsed->stock_gate_sharing, parsed->config.stock_gate.use);
  return faults;
}

}  // namespace stampede::runner
