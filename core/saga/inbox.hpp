// Runs a service's reactions to the events that the transport delivers: each event takes effect
// once, however often it comes, and one that cannot is put aside, to the topic with ".DEAD" behind
// its name, so that it does not hold up what comes after it.
//
// The events of one delivery are handled in one transaction, or in as few as their scopes allow,
// where all of them go through, and one by one otherwise. Safe for concurrent use.

#pragma once

#include <chrono>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "core/api/transport.hpp"
#include "core/saga/service.hpp"

namespace stampede::saga {

struct InboxOptions {
  // At one event: in one delivery before it goes back to the transport, in all of them together
  // before it is put aside.
  int attempts = 5;
  std::chrono::nanoseconds backoff{std::chrono::milliseconds(2)};  // Doubles with each attempt.
};

class Inbox {
 public:
  // Both outlive the inbox.
  Inbox(const ServiceContext& service, Transport& transport, InboxOptions options = {});

  // A BatchHandler for the subscription, but for its parameters.
  Result<void> handle(const Subscription& subscription, std::span<const Event> events,
                      Deadline deadline);

 private:
  struct Item {
    const Event* event;
    Reaction reaction;
  };
  class Delivery;

  // An error is one that the transport is to try again.
  Result<void> handle_together(std::span<Item> items, const Scope& scope, Deadline deadline);
  Result<void> handle_one(Item& item, Deadline deadline);
  Result<Outcome> run(std::span<Item> items, const Scope& scope, RefusalCode refusal,
                      Deadline deadline);
  int count_failure(const std::string& event);
  void forget_failures(const std::string& event);
  Result<void> put_aside(const Event& event, const Error& error, Deadline deadline);
  void back_off(int attempt, Deadline deadline) const;

  const ServiceContext& service_;
  Transport& transport_;
  const InboxOptions options_;
  std::mutex mutex_;
  std::unordered_map<std::string, int> failures_;  // By event; guarded by the mutex.
};

}  // namespace stampede::saga
