// What an experiment breaks on purpose while its load runs:
//
//   faults:
//     - {at: 40%, target: server, kind: kill, duration: 500ms}
//     - {at: [1s, 4s], target: redis 2, kind: pause, duration: 2s}
//     - {at: 3s, target: redis, kind: empty}
//
// `at` counts from the beginning of the measured window: a time, a share of the window, or two of
// them, between which the experiment's seed and the number of the block draw one. A target is what
// the bench has started itself: "server", "postgres", "redis", "kafka"; the second server is
// "server 2", and the one that hosts the order service is "server order" (the second of several,
// "server order 2").
//
//   kill   SIGKILL; started again after the duration (default 0s)
//   pause  SIGSTOP, and SIGCONT after the duration
//   empty  every key of a Redis is removed
//
// and, by a proxy between the servers and a PostgreSQL or Redis:
//
//   slow       every command waits for `latency` first, for the duration
//   partition  nothing gets through for the duration, and nothing is lost
//   reset      every connection is reset, and each new one for the duration (default 0s)
//
// Plain data and pure functions: safe to use from any thread.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "core/saga/area.hpp"

namespace stampede::plan {

// A point in the measured window: a share of it, and a time more.
struct Moment {
  double share = 0;
  std::chrono::nanoseconds time{0};

  std::chrono::nanoseconds in(std::chrono::nanoseconds window) const;
};

struct Injection {
  enum class Target : std::uint8_t { kServer, kPostgres, kRedis, kKafka };
  enum class Kind : std::uint8_t { kKill, kPause, kEmpty, kSlow, kPartition, kReset };

  Target target{};
  std::int64_t number = 1;            // Which of several, from 1.
  std::optional<saga::Area> service;  // That the server was named by, if it was;
  std::int64_t instance = 1;          // and which of those that host it.
  Kind kind{};
  Moment earliest;
  Moment latest;
  std::chrono::nanoseconds duration{0};
  std::chrono::nanoseconds latency{0};  // Of kSlow.
  config::Origin origin;

  // Whether it happens on the way to the target.
  bool needs_proxy() const;
};

inline constexpr std::array<std::pair<std::string_view, Injection::Target>, 4> kTargets{
    {{"server", Injection::Target::kServer},
     {"postgres", Injection::Target::kPostgres},
     {"redis", Injection::Target::kRedis},
     {"kafka", Injection::Target::kKafka}}};
inline constexpr std::array<std::pair<std::string_view, Injection::Kind>, 6> kKinds{
    {{"kill", Injection::Kind::kKill},
     {"pause", Injection::Kind::kPause},
     {"empty", Injection::Kind::kEmpty},
     {"slow", Injection::Kind::kSlow},
     {"partition", Injection::Kind::kPartition},
     {"reset", Injection::Kind::kReset}}};

// "kill server 2", as in logs and reports; a first one has no number.
std::string describe(const Injection& injection);

// When it begins, from the beginning of a window of this length: the same for the same seed.
std::chrono::nanoseconds draw_moment(const Injection& injection, std::chrono::nanoseconds window,
                                     std::uint64_t seed, std::size_t position);

// `list` is the value of the key `faults`.
std::vector<Injection> read_injections(const config::Tree& list, config::Faults& faults);

}  // namespace stampede::plan
