// Runs a load from a thread of its own, so that the caller can show how it goes.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>

#include "core/api/result.hpp"
#include "experiments/load/plan.hpp"
#include "experiments/load/result.hpp"

namespace stampede::load {

// How it stands, a tenth of a second ago at most.
struct LoadProgress {
  Duration elapsed{0};  // Since the first request.
  Duration planned{0};  // Warm-up and window.
  bool warming_up = false;
  std::uint64_t answered = 0;
  std::uint64_t successes = 0;
  std::uint64_t errors = 0;  // Errors, timeouts and resets.
  std::int64_t vus = 0;
  std::vector<Second> timeline;  // The last 60 whole seconds, for a sparkline.
};

class LoadRun {
 public:
  // Checks that every target answers a connection, then begins. kInvalid for a plan that cannot be
  // made ready, kUnavailable when the host does not resolve or does not accept.
  static Result<std::unique_ptr<LoadRun>> start(LoadPlan plan);

  ~LoadRun();  // Stops, and waits until it has stopped.
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;

  // These three are safe to call from any thread.
  LoadProgress progress() const;
  bool finished() const;
  // Ends early: nothing more is sent, requests in flight get the plan's graceful_stop, and the
  // result covers what was.
  void stop() noexcept;

  // Waits for the end. Once.
  Result<LoadResult> wait();

 private:
  struct Shared;
  explicit LoadRun(std::unique_ptr<Shared> shared);

  const std::unique_ptr<Shared> shared_;
};

// The same on the caller's thread, ended early by the token.
Result<LoadResult> run_load(LoadPlan plan, const std::stop_token& stop = {});

}  // namespace stampede::load
