// What the five services have in common: each reacts to events of some topics, each reaction is one
// transaction on the service's own store, run by its lock strategy.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/lock_strategy.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/sources.hpp"
#include "core/saga/events.hpp"
#include "core/saga/journal.hpp"
#include "core/saga/options.hpp"
#include "core/saga/outbox.hpp"

namespace stampede::saga {

// What a service works with. Everything outlives the service.
struct ServiceContext {
  std::string_view name;
  Journal::Index index;
  Store& store;
  LockStrategy& lock;
  Outbox& outbox;
  Journal& journal;
  pipeline::WallClock& clock;
  const SagaOptions& options;
};

// The transaction that a reaction writes through, what it tells and what is said about it.
struct Act {
  Transaction& transaction;
  Outbox::Telling& telling;
  std::string& note;  // For the log: what came of the event.

  Result<void> tell(Event event) { return telling.tell(transaction, std::move(event)); }
};

// What a service does about one event. Everything in it is fixed beforehand: the work may run again
// after a conflict.
struct Reaction {
  std::string order;  // For the log.
  Scope scope;
  // Refuses where the business says no: nothing of it is kept then, and `refuse` is run instead.
  std::function<Result<Outcome>(Act&)> apply;
  // Keeps and tells the refusal. Empty where none is expected: it is a fault then.
  std::function<Result<void>(Act&, RefusalCode)> refuse = {};
  // After the commit, once.
  std::function<void()> committed = {};
};

// What a service does about events of one topic: nothing when an event does not concern it,
// kInvalid when it is not what it should be.
struct Subscription {
  std::string_view topic;
  std::function<Result<std::optional<Reaction>>(const Event&)> react;
};

class Service {
 public:
  virtual ~Service() = default;
  virtual const ServiceContext& context() const = 0;
  virtual std::vector<Subscription> subscriptions() = 0;
};

}  // namespace stampede::saga
