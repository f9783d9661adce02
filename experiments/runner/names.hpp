// What the processes of a run are called in results. Pure.

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "experiments/plan/bench.hpp"

namespace stampede::runner {

inline constexpr char kPostgresName[] = "postgres";
inline constexpr char kKafkaName[] = "kafka";

// One server is simply "server"; several are numbered from 1.
inline std::string name_of_server(std::int64_t instance, std::int64_t instances) {
  return instances == 1 ? "server" : fmt::format("server {}", instance + 1);
}

// Where the services are dealt to several servers: "server order", "server user+product 2".
inline std::string name_of_server(const plan::Bench& bench, std::size_t index) {
  const auto instances = static_cast<std::size_t>(bench.instances);
  if (bench.processes.empty()) {
    return name_of_server(static_cast<std::int64_t>(index), bench.instances);
  }
  auto name = "server " + plan::name_of(bench.processes.at(index / instances));
  if (instances > 1) name += fmt::format(" {}", index % instances + 1);
  return name;
}

inline std::string name_of_redis(std::int64_t node) { return fmt::format("redis {}", node + 1); }

}  // namespace stampede::runner
