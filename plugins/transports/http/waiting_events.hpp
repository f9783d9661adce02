// The events that were published while it was not known yet who wants them: which services have had
// them, so that none gets one again, and in which order they came, so that a service that is known
// later gets those of one key in that order. Whoever published them publishes them again; only what
// became of them is kept here. Safe for concurrent use.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/api/event.hpp"
#include "core/api/operation.hpp"

namespace stampede::transports {

class WaitingEvents {
 public:
  static constexpr std::size_t kMost = 100'000;
  // An event that nobody publishes again for so long, although everybody is known, is given up: it
  // holds up no other.
  static constexpr std::chrono::seconds kPatience{10};

  bool empty() const;

  // Somebody publishes the events: those that are new wait behind those of their keys that do
  // already. False, and nothing was noted, when there would be more than kMost.
  bool begin(std::span<const Event> events, Clock::time_point now);
  // And publishes them no more; where everybody who wants them has had them they wait no more.
  void end(std::span<const Event> events, bool is_finished);

  struct Due {
    std::vector<const Event*> events;
    bool is_held = false;  // Something is not due yet: an earlier event of its key comes first.
    bool is_soon = false;  // Likewise, but somebody is publishing what comes before it.
  };
  // Which of these, of one topic and begun, the service is to get now.
  Due due(std::span<const Event> events, const std::string& service) const;

  // The service has had them.
  void handled(const std::vector<const Event*>& events, const std::string& service);

  // Gives up what is overdue at `now`. `complete_since`: as the directory says.
  void prune(Clock::time_point now, std::optional<Clock::time_point> complete_since);

  // Rises with everything that may make an event due.
  std::uint64_t changes() const;
  // False when nothing has changed at the deadline.
  bool wait_for_change(std::uint64_t seen, Deadline deadline);

 private:
  using Chain = std::list<std::string>;  // The ids of one topic and key, in order.
  using Chains = std::map<std::pair<std::string, std::string>, Chain>;

  struct Record {
    Chains::iterator chain;
    Chain::iterator place;
    Clock::time_point begun;          // Last.
    int publishers = 0;               // Now.
    std::vector<std::string> had_by;  // Services.
  };
  using Records = std::unordered_map<std::string, Record>;

  static bool has_had(const Record& record, const std::string& service);
  const Record* before(const Record& record) const;
  bool is_on_its_way(const Record* record, const std::string& service) const;
  void erase(Records::iterator record);

  mutable std::mutex mutex_;  // Guards the rest.
  std::condition_variable changed_;
  Records records_;
  Chains chains_;
  std::uint64_t changes_ = 0;
};

}  // namespace stampede::transports
