// What the processes of a run are called in results. Pure.

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace stampede::runner {

inline constexpr char kPostgresName[] = "postgres";
inline constexpr char kKafkaName[] = "kafka";

// One server is simply "server"; several are numbered from 1.
inline std::string name_of_server(std::int64_t instance, std::int64_t instances) {
  return instances == 1 ? "server" : fmt::format("server {}", instance + 1);
}

inline std::string name_of_redis(std::int64_t node) { return fmt::format("redis {}", node + 1); }

}  // namespace stampede::runner
