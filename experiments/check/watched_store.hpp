// A store that notes in a history what is asked of it and what it answers. Owns the store it
// watches; the history outlives it. Safe for concurrent use.

#pragma once

#include <atomic>
#include <memory>

#include "experiments/check/forwarding.hpp"
#include "experiments/check/history.hpp"

namespace stampede::check {

class WatchedStore final : public ForwardingStore {
 public:
  WatchedStore(std::unique_ptr<Store> store, History& history)
      : ForwardingStore(*store), store_(std::move(store)), history_(history) {}

  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override;
  Result<void> seed(const Seed& seed) override;

  History& history() const { return history_; }

  // Whether somebody asked the store itself for locks.
  bool was_asked_for_locks() const { return was_asked_for_locks_; }

 private:
  const std::unique_ptr<Store> store_;
  History& history_;
  std::atomic<bool> was_asked_for_locks_ = false;
};

// The watched store beneath whatever wraps it, or null.
WatchedStore* watched(Store& store);

}  // namespace stampede::check
