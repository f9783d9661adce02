// One run of one cell: a fresh data directory and server, seed, warm up, load, drain, replay,
// audit, stop. Nothing of it is left behind but a folder with the configuration and the log.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "experiments/audit/audit.hpp"
#include "experiments/environment/usage.hpp"
#include "experiments/load/load_run.hpp"
#include "experiments/load/result.hpp"
#include "experiments/plan/experiment.hpp"
#include "experiments/runner/claims.hpp"

namespace stampede::runner {

// Which processors the two sides run on; empty: anywhere.
struct Processors {
  std::vector<int> server;
  std::vector<int> generator;

  // The generator gets the last of the available ones for itself, where there are two.
  static Processors split();
};

// Whom and what the load may name. What was not seeded is never asked for, but ids are drawn from
// at least one.
load::Population population_of(const Seed& data);

struct BlockPlan {
  const plan::Cell& cell;
  std::size_t block = 0;
  std::uint64_t seed = 1;  // The same for every cell of a block: they see the same customers.
  std::filesystem::path server_program;
  std::filesystem::path folder;
  Processors processors;
};

// What the server and the machine used over the window.
struct WindowUsage {
  environment::ProcessUsage server;  // Differences, but for resident_bytes, which is at the end.
  environment::ProcessUsage bench;   // This process: the generator and what watches it.
  double foreign_cpu = 0;            // Share of the machine, 0..1, used by neither side.
  double seconds = 0;
};

struct BlockOutcome {
  std::optional<load::LoadResult> load;  // Nothing when it did not come to that.
  std::chrono::nanoseconds warmup{0};
  std::optional<WindowUsage> usage;
  // The JSON of GET /admin/stats as the window opened and after the load; "" when there is none.
  std::string stats_before;
  std::string stats;
  std::vector<audit::Finding> findings;
  Replays replays;
  std::string failure;  // Why the run does not count, with the server's last words; "" if it does.
  bool interrupted = false;  // By the user: the run does not count and is no failure.
};

// Told at each step ("starting", "seeding", "warm-up", "load", "draining", "auditing"), and again
// while the load runs, then with its progress; else that is null.
using OnProgress =
    std::function<void(const std::string& stage, const load::LoadProgress* progress)>;

// Call it from a thread that outlives the servers it starts: they die with it.
BlockOutcome run_block(const BlockPlan& plan, const std::stop_token& stop,
                       const OnProgress& on_progress);

}  // namespace stampede::runner
