// Keeps a ranking up with the store: reads what the outbox tells of completed orders and hands it
// on, step by step, on a thread of its own. A ranking that is empty, or has lost its memory, is
// filled from the outbox's beginning by the same steps.
//
// Several may follow one store, in this process or another: a step that another has made is not
// made again. Safe for concurrent use; what is passed in outlives the follower.

#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/api/event.hpp"
#include "core/api/ranking.hpp"
#include "core/api/store.hpp"
#include "core/issue/rounds.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::ranking {

// What a completed order took; nothing for an event of another kind, or one that cannot be read.
std::vector<Sale> sales_of(const Event& event);

class Follower {
 public:
  struct Parts {
    Store& store;  // Of orders.
    Ranking& ranking;
    telemetry::Log& log;
    std::chrono::nanoseconds interval;
  };

  explicit Follower(Parts parts);

  void start() { rounds_.start(); }
  void stop() { rounds_.stop(); }  // Idempotent.

  // Hands on all that the outbox tells now.
  Result<void> round();

  // The best sellers as the ranking has them. Nothing when it cannot say, which is logged when it
  // is for a fault: then the store is to be asked.
  std::optional<std::vector<RankedProduct>> best(TimePoint since, std::int64_t limit,
                                                 Deadline deadline);

 private:
  void log_fault(std::string_view what, const Error& error);
  // Whether there may be more.
  Result<bool> step(Deadline deadline);

  const Parts parts_;
  issue::Rounds rounds_;  // Last: its thread uses everything above.
};

}  // namespace stampede::ranking
