// One run of one cell: fresh data and servers, seed, warm up, load, drain, replay, audit, stop.
// Nothing of it is left behind but a folder with the configuration and the log.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "experiments/audit/audit.hpp"
#include "experiments/environment/sampler.hpp"
#include "experiments/load/result.hpp"
#include "experiments/plan/experiment.hpp"
#include "experiments/runner/backing.hpp"
#include "experiments/runner/claims.hpp"
#include "experiments/runner/injector.hpp"
#include "experiments/runner/watch.hpp"

namespace stampede::runner {

// Whom and what the load may name. What was not seeded is never asked for, but ids are drawn from
// at least one.
load::Population population_of(const Seed& data);

struct BlockPlan {
  const plan::Cell& cell;
  std::size_t block = 0;
  std::uint64_t seed = 1;  // The same for every cell of a block: they see the same customers.
  std::filesystem::path server_program;
  std::filesystem::path folder;
  plan::Cpus cpus;
  // More than none: a few users for so long instead of the cell's load, to warm up what it uses.
  std::chrono::nanoseconds light{0};
};

struct BlockOutcome {
  std::optional<load::LoadResult> load;  // Nothing when it did not come to that.
  std::chrono::nanoseconds warmup{0};
  std::optional<WindowUsage> usage;
  std::vector<std::string> process_names;  // Of `usage` and `samples`.
  std::vector<environment::Sample> samples;
  // The JSON of each server's GET /admin/stats as the window opened, "" where it was started again
  // since, and after the load.
  std::vector<std::string> stats_before;
  std::vector<std::string> stats;
  std::vector<Injected> injected;
  std::vector<audit::Finding> findings;
  Replays replays;
  std::uint64_t failed_later = 0;  // Orders of the window that were accepted and then failed.
  std::string failure;  // Why the run does not count, with the server's last words; "" if it does.
  bool interrupted = false;  // By the user: the run does not count and is no failure.
};

// Call it from a thread that outlives the servers it starts: they die with it.
BlockOutcome run_block(const BlockPlan& plan, Backing& backing, const std::stop_token& stop,
                       const OnProgress& on_progress);

}  // namespace stampede::runner
