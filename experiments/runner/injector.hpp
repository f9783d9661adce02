// Carries out the faults of one run: breaks the servers and what stands behind them at the moments
// drawn for it, and mends them when their time is over. Driven by whoever watches the load; one
// thread at a time.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/sampler.hpp"
#include "experiments/environment/server.hpp"
#include "experiments/plan/experiment.hpp"
#include "experiments/runner/backing.hpp"

namespace stampede::runner {

// What was done, and when, from the beginning of the measured window.
struct Injected {
  std::string what;  // "kill server 2", "start server 2 again"
  std::chrono::nanoseconds at{0};
};

// How an error begins that says that a fault was to come and did not.
inline constexpr std::string_view kMissed = "the load ended before its fault came";

class Injector {
 public:
  // Everything outlives the injector. `seed` is the block's.
  Injector(const plan::Cell& cell, std::uint64_t seed, std::vector<environment::Server>& servers,
           Backing& backing);

  // Draws the moments. Call when the window has opened.
  void begin(std::chrono::nanoseconds window, environment::Sampler& sampler);

  // Does what is due; starting a server again takes until it is ready. An Error when that failed.
  Result<void> step(std::chrono::nanoseconds elapsed_in_window);

  // When the next thing is due; nothing when all is done.
  std::optional<std::chrono::nanoseconds> next() const;

  // Mends at once what is still broken. An Error when that failed, or when a fault never came
  // because the load ended before; one that there was no room for, because starting something again
  // took so long, is noted in the log only.
  Result<void> finish(std::chrono::nanoseconds elapsed_in_window);

  // Whether the server of this index is down on purpose, or was: then its counters began anew.
  bool is_down(std::size_t server) const { return down_.at(server); }
  bool was_restarted(std::size_t server) const { return restarted_.at(server); }

  const std::vector<Injected>& log() const { return log_; }

 private:
  struct Action {
    std::chrono::nanoseconds at{0};
    std::size_t injection = 0;
    bool mends = false;
  };

  Result<void> carry_out(const Action& action, std::chrono::nanoseconds now);
  void begin_fault(const plan::Injection& injection);
  Result<void> mend(const plan::Injection& injection);
  Result<void> restart(const plan::Injection& injection);
  std::optional<pid_t> pid_of(const plan::Injection& injection);
  void follow(const plan::Injection& injection);

  const plan::Bench& bench_;
  const std::vector<plan::Injection>& injections_;
  const std::uint64_t seed_;
  std::vector<environment::Server>& servers_;
  Backing& backing_;
  environment::Sampler* sampler_ = nullptr;
  std::vector<Action> actions_;  // By time; those before done_ are done.
  std::size_t done_ = 0;
  std::chrono::nanoseconds busy_until_{0};  // When the last thing was mended.
  std::vector<bool> broken_;                // By injection.
  std::vector<bool> down_;                  // These by server.
  std::vector<bool> restarted_;
  std::vector<Injected> log_;
};

}  // namespace stampede::runner
