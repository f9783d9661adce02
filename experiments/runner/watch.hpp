// Drives one load to its end while watching the servers, the user, the clock and what everyone
// uses. One thread at a time.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/sampler.hpp"
#include "experiments/environment/server.hpp"
#include "experiments/load/load_run.hpp"
#include "experiments/runner/injector.hpp"

namespace stampede::runner {

// Told at each step ("provisioning", "starting", "seeding", "warm-up", "load", "draining",
// "auditing"), and again while the load runs, then with its progress; else that is null.
using OnProgress =
    std::function<void(const std::string& stage, const load::LoadProgress* progress)>;

// What the processes and the machine used over the window.
struct WindowUsage {
  std::vector<environment::Usage> processes;  // In the order of the sampler.
  double foreign_cpu = 0;                     // Share of the machine, 0..1, used by nobody of them.
  double seconds = 0;
};

class Watch {
 public:
  // Everything outlives the watch. The sampler has not begun.
  Watch(load::LoadRun& run, std::vector<environment::Server>& servers,
        environment::Sampler& sampler, Injector& injector, std::chrono::nanoseconds warmup,
        std::stop_token stop, const OnProgress& on_progress);

  // Returns when the load has ended and all faults are mended. An error when the window could not
  // be opened, or a fault not be carried out.
  Result<void> until_the_end();

  // Each server's counters as the window opened.
  const std::vector<std::string>& stats() const { return stats_; }
  std::optional<WindowUsage> usage() const;

 private:
  struct Reading {
    std::vector<environment::Usage> processes;
    std::chrono::nanoseconds machine{0};
    std::chrono::steady_clock::time_point at;
  };

  Reading take() const;
  bool all_alive();
  Result<void> open_window(std::chrono::nanoseconds window);
  Result<void> drive();
  Result<void> inject(const load::LoadProgress& progress);
  std::chrono::nanoseconds pause(const load::LoadProgress& progress) const;

  load::LoadRun& run_;
  std::vector<environment::Server>& servers_;
  environment::Sampler& sampler_;
  Injector& injector_;
  const std::chrono::nanoseconds warmup_;
  const std::stop_token stop_;
  const OnProgress& on_progress_;
  std::vector<std::string> stats_;
  std::optional<Reading> begin_;
  std::optional<Reading> end_;
};

}  // namespace stampede::runner
