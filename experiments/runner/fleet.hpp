// The servers of one run: `instances` of each group of services, in this order. Started with each
// other's addresses, asked together. One thread at a time.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/result.hpp"
#include "core/config/tree.hpp"
#include "experiments/environment/server.hpp"
#include "experiments/load/plan.hpp"
#include "experiments/plan/bench.hpp"

namespace stampede::runner {

class Fleet {
 public:
  // Starts one server: with this configuration, in the folder below the run's own that the last
  // argument names ("" is the run's own).
  using StartOne = std::function<Result<environment::Server>(
      const config::Tree& config, const std::string& folder, bool ready_alone)>;

  // Returns once all are ready. `bench` outlives the fleet.
  static Result<Fleet> start(const plan::Bench& bench, const config::Tree& config,
                             const StartOne& start_one, std::chrono::milliseconds patience);

  std::vector<environment::Server>& servers() { return servers_; }
  std::string name(std::size_t index) const;

  // Who answers a path, of several the first one.
  environment::Server& answering(std::string_view path);

  // One of each group: each keeps its own part of the data.
  Result<void> seed(const std::string& seed, std::chrono::milliseconds patience);
  // Waits until all are at rest, twice in a row, and no event has moved in between.
  Result<void> drain(std::chrono::milliseconds patience);

  // The targets, and which request goes to which of them.
  Result<void> aim(load::LoadPlan& load) const;

  // Of those that have died, else of the first one.
  std::string obituary();

 private:
  explicit Fleet(const plan::Bench& bench) : bench_(&bench) {}

  bool all_at_rest(std::int64_t& events, Error& last);
  bool all_alive();

  const plan::Bench* bench_;
  std::vector<environment::Server> servers_;
};

}  // namespace stampede::runner
