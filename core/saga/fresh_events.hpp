// The events that the thread which commits them publishes by itself, at once. The relay of the same
// outbox asks here before it publishes a row: a held one is waited for, a done one is passed over,
// an unknown one is the relay's.
//
// An event is held before its transaction commits, so that there is no moment in which the relay
// can see it and not know. Safe for concurrent use.

#pragma once

#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/api/event.hpp"
#include "core/api/store.hpp"

namespace stampede::saga {

class FreshEvents {
 public:
  enum class Standing : std::uint8_t { kUnknown, kHeld, kDone };

  void hold(const std::string& id) {
    const std::lock_guard lock(mutex_);
    standings_[id] = Standing::kHeld;
  }
  void done(std::span<const Event> events) {
    const std::lock_guard lock(mutex_);
    for (const auto& event : events) standings_[event.id] = Standing::kDone;
  }
  // The transaction came to nothing, or publishing failed: the relay sees to what is there. Also
  // for what the relay has passed.
  void forget(const std::string& id) {
    const std::lock_guard lock(mutex_);
    standings_.erase(id);
  }
  void forget(std::span<const OutboxRow> rows) {
    const std::lock_guard lock(mutex_);
    for (const auto& row : rows) standings_.erase(row.event.id);
  }
  // Of each row, in their order.
  std::vector<Standing> standings(std::span<const OutboxRow> rows) const {
    std::vector<Standing> found;
    found.reserve(rows.size());
    const std::lock_guard lock(mutex_);
    for (const auto& row : rows) {
      const auto known = standings_.find(row.event.id);
      found.push_back(known == standings_.end() ? Standing::kUnknown : known->second);
    }
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Standing> standings_;
};

}  // namespace stampede::saga
