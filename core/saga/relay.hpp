// Publishes what one service's store has committed to its outbox, in order, and remembers how far
// it got. Several processes may run a relay for one store; one of them owns it at a time, by a
// lease that it renews with its work.
//
// An event is published outside any transaction and before the cursor moves: it may be published
// twice, after a crash in between, and is never lost. round() belongs to one thread, which is the
// relay's own after start(); wake() and the rest are safe for concurrent use.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/pipeline/sources.hpp"
#include "core/saga/fresh_events.hpp"
#include "core/saga/journal.hpp"
#include "core/saga/options.hpp"

namespace stampede::saga {

class Relay {
 public:
  // What is passed in outlives the relay.
  struct Parts {
    Store& store;
    Transport& transport;
    pipeline::WallClock& clock;
    Journal& journal;
    Journal::Index service;
    FreshEvents& fresh;
    std::string owner;  // Unlike every other relay's.
    RelayOptions options;
    // Told of every event that the transport has taken.
    std::function<void(std::span<const Event>)> published;
  };

  explicit Relay(Parts parts);
  ~Relay();  // Stops.
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Publishes one batch at the most. True when there may be more at once. An error leaves the
  // cursor where it was.
  Result<bool> round();

  void start();
  void wake();  // Something was committed.
  void stop();  // Gives the ownership up, so that another may go on at once. Idempotent.

 private:
  bool is_ours(const RelayCursor& cursor) const;
  Result<bool> load_cursor();
  Result<bool> own(std::int64_t sequence, std::chrono::nanoseconds lease);
  Result<bool> follow();
  Result<void> publish(std::span<const OutboxRow> rows,
                       std::span<const FreshEvents::Standing> standings);
  void run();
  void give_up();
  bool is_stopping();

  const Parts parts_;
  std::optional<RelayCursor> cursor_;     // As we wrote it, or read it last.
  std::optional<std::int64_t> followed_;  // How far published() was told of.
  bool alone_;  // Nobody else can have the store: an owner found at the start is a dead one.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Clock::time_point> woken_;  // When first, since the last round.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stampede::saga
