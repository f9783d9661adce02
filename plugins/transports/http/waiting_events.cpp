#include "plugins/transports/http/waiting_events.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace stampede::transports {

bool WaitingEvents::empty() const {
  const std::lock_guard lock(mutex_);
  return records_.empty();
}

bool WaitingEvents::begin(std::span<const Event> events, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto fresh = std::ranges::count_if(
      events, [this](const Event& event) { return !records_.contains(event.id); });
  if (records_.size() + static_cast<std::size_t>(fresh) > kMost) return false;
  for (const auto& event : events) {
    auto known = records_.find(event.id);
    if (known == records_.end()) {
      const auto chain = chains_.try_emplace({event.topic, event.key}).first;
      const auto place = chain->second.insert(chain->second.end(), event.id);
      known = records_.emplace(event.id, Record{chain, place, now, 0, {}}).first;
    }
    known->second.begun = now;
    ++known->second.publishers;
  }
  return true;
}

void WaitingEvents::end(std::span<const Event> events, bool is_finished) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& event : events) {
      const auto known = records_.find(event.id);
      if (known == records_.end()) continue;  // Twice among the events.
      auto& publishers = known->second.publishers;
      --publishers;
      if (is_finished && publishers == 0) erase(known);
    }
    ++changes_;
  }
  changed_.notify_all();
}

bool WaitingEvents::has_had(const Record& record, const std::string& service) {
  return std::ranges::find(record.had_by, service) != record.had_by.end();
}

// The mutex is held, here and below. Null for the first of its key. Who has had the one before has
// had everything before that one too.
const WaitingEvents::Record* WaitingEvents::before(const Record& record) const {
  if (record.place == record.chain->second.begin()) return nullptr;
  return &records_.at(*std::prev(record.place));
}

// Somebody is at work on everything that the service has to have first.
bool WaitingEvents::is_on_its_way(const Record* record, const std::string& service) const {
  for (; record != nullptr && !has_had(*record, service); record = before(*record)) {
    if (record->publishers == 0) return false;
  }
  return true;
}

WaitingEvents::Due WaitingEvents::due(std::span<const Event> events,
                                      const std::string& service) const {
  const std::lock_guard lock(mutex_);
  Due due;
  std::set<const Record*> goes_along;
  for (const auto& event : events) {
    const auto& record = records_.at(event.id);
    if (has_had(record, service)) continue;
    const auto* earlier = before(record);
    if (earlier == nullptr || has_had(*earlier, service) || goes_along.contains(earlier)) {
      due.events.push_back(&event);
      goes_along.insert(&record);
    } else {
      due.is_held = true;
      due.is_soon = due.is_soon || is_on_its_way(earlier, service);
    }
  }
  return due;
}

void WaitingEvents::handled(const std::vector<const Event*>& events, const std::string& service) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto* event : events) {
      auto& record = records_.at(event->id);
      if (!has_had(record, service)) record.had_by.push_back(service);
    }
    ++changes_;
  }
  changed_.notify_all();
}

void WaitingEvents::prune(Clock::time_point now, std::optional<Clock::time_point> complete_since) {
  if (!complete_since || now - *complete_since < kPatience) return;
  const std::lock_guard lock(mutex_);
  for (auto record = records_.begin(); record != records_.end();) {
    const auto next = std::next(record);
    const auto& [id, kept] = *record;
    if (kept.publishers == 0 && now - kept.begun >= kPatience) erase(record);
    record = next;
  }
  ++changes_;
}

std::uint64_t WaitingEvents::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

bool WaitingEvents::wait_for_change(std::uint64_t seen, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] { return changes_ != seen; });
}

void WaitingEvents::erase(Records::iterator record) {
  const auto chain = record->second.chain;
  chain->second.erase(record->second.place);
  if (chain->second.empty()) chains_.erase(chain);
  records_.erase(record);
}

}  // namespace stampede::transports
