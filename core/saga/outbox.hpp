// How what a service has told in its transactions gets to the others. Through a synchronous
// transport, the thread that committed publishes by itself, so that the request it runs ends with
// the saga; the relay sees to what is left over. Through any other, the relay is woken.
//
// Publishing happens after the outermost commit, never inside a transaction: what handlers commit
// while events are published on this thread is queued behind them, not published in the middle.
// Safe for concurrent use.

#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/saga/fresh_events.hpp"
#include "core/saga/journal.hpp"
#include "core/saga/relay.hpp"

namespace stampede::saga {

class Outbox {
 public:
  // As for the relay, but for `fresh`, which is the outbox's own.
  struct Parts {
    Store& store;
    Transport& transport;
    pipeline::WallClock& clock;
    Journal& journal;
    Journal::Index service;
    std::string owner;
    RelayOptions options;
    std::function<void(std::span<const Event>)> published;
  };
  explicit Outbox(Parts parts);

  // What one operation tells, over all runs of its work. Belongs to one thread.
  class Telling {
   public:
    explicit Telling(Outbox& outbox) : outbox_(outbox) {}
    ~Telling();  // What was not committed is forgotten.
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;

    // The work starts (again).
    void restart() { events_.clear(); }
    // Emits, and keeps a copy.
    Result<void> tell(Transaction& transaction, Event event);

    // The transaction was committed: sees to the publishing. When the events are published here,
    // their handlers have run when it returns.
    void committed(Deadline deadline);

   private:
    Outbox& outbox_;
    std::vector<Event> events_;
    std::vector<std::string> held_;  // Few.
  };

  // While it exists, what this thread commits is kept back until publish(), or the end, says so.
  class Later {
   public:
    Later();
    ~Later();
    Later(const Later&) = delete;
    Later& operator=(const Later&) = delete;

    void publish();

   private:
    struct Queue;
    const std::unique_ptr<Queue> queue_;
  };

  // Something was committed that no Telling knows of.
  void wake() { relay_.wake(); }

  Relay& relay() { return relay_; }

 private:
  struct Delivery;

  static thread_local std::deque<Delivery>* under_way;

  void publish(std::vector<Event> events, Deadline deadline);
  void publish_now(const Delivery& delivery);

  Transport& transport_;
  Journal& journal_;
  const Journal::Index service_;
  const bool direct_;
  FreshEvents fresh_;
  Relay relay_;
};

}  // namespace stampede::saga
