// Lets a request wait for something that another thread will report: that its event was published,
// or that its order is final. Safe for concurrent use; outlives its tickets.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/api/operation.hpp"

namespace stampede::saga {

template <typename Value>
class Waiters {
  struct Slot {
    std::condition_variable told;
    std::optional<Value> value;
  };

 public:
  // The right to hear of one key, until it is destroyed. Belongs to one thread and does not move.
  class Ticket {
   public:
    Ticket(Waiters& waiters, std::string key) : waiters_(waiters), key_(std::move(key)) {
      const std::lock_guard lock(waiters_.mutex_);
      waiters_.slots_[key_] = &slot_;
    }
    ~Ticket() {
      const std::lock_guard lock(waiters_.mutex_);
      const auto found = waiters_.slots_.find(key_);
      if (found != waiters_.slots_.end() && found->second == &slot_) waiters_.slots_.erase(found);
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    // What was told since the ticket was made; nothing when the deadline came first.
    std::optional<Value> wait_until(Deadline deadline) {
      std::unique_lock lock(waiters_.mutex_);
      slot_.told.wait_until(lock, deadline, [this] { return slot_.value.has_value(); });
      return slot_.value;
    }

   private:
    Waiters& waiters_;
    const std::string key_;
    Slot slot_;
  };

  void tell(const std::string& key, Value value) {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(key);
    if (found == slots_.end()) return;
    found->second->value = std::move(value);
    found->second->told.notify_all();  // Under the lock: the ticket may go as soon as it is free.
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, Slot*> slots_;
};

}  // namespace stampede::saga
