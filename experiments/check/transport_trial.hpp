// What the checks of transports have in common: handlers that remember what they were given and do
// what a check tells them, and events to publish.

#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/transport.hpp"
#include "experiments/check/check.hpp"

namespace stampede::check {

// A service's handler of one topic. Safe for concurrent use. Outlives the transport that calls it;
// where it does not, its end is the program's, with a line that says so: the call that comes a
// moment later would meet what is no more.
class Listener {
 public:
  using Behaviour = std::function<Result<void>(std::span<const Event>, Deadline)>;

  // Takes everything, unless there is a behaviour, which says what is taken.
  explicit Listener(Behaviour behaviour = nullptr) : behaviour_(std::move(behaviour)) {}
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  BatchHandler handler();

  // Whether so many different events were taken in time.
  bool has_taken(std::size_t count);
  bool waits_until(const std::function<bool(const Listener&)>& condition);
  // The same for a moment only, for what is waited for again and again.
  bool comes_to(std::size_t count);

  // Only when the transport stands still, or in a condition of waits_until().
  const std::vector<Event>& taken() const { return taken_; }
  const std::set<std::string>& ids() const { return ids_; }
  std::size_t calls() const { return calls_; }
  std::size_t largest() const { return largest_; }  // Events in one call.

  // The ids of a key's events, in the order in which each was first taken.
  std::vector<std::string> order_of(const std::string& key) const;

 private:
  Result<void> handle(std::span<const Event> events, Deadline deadline);

  const Behaviour behaviour_;
  const std::shared_ptr<bool> held_ = std::make_shared<bool>(true);  // By each of its handlers.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> taken_;
  std::set<std::string> ids_;
  std::size_t calls_ = 0;
  std::size_t largest_ = 0;
};

// A gate that a behaviour waits at. It opens when the check ends, however it ends.
class Barrier {
 public:
  ~Barrier() { open(); }
  void open();
  void pass();          // Waits until it is open.
  bool is_waited_at();  // Whether somebody came in time.

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
  int came_ = 0;
};

inline Deadline soon() { return Clock::now() + kPatience; }

// Events of one topic, numbered from `first`, with keys in turn.
std::vector<Event> numbered_events(std::string_view topic, int first, int count, int keys = 1);

// Adds to the findings what went wrong; false when the check cannot go on.
bool subscribe(Findings& findings, Transport& transport, std::string_view topic,
               std::string_view service, Listener& listener);
bool start(Findings& findings, Transport& transport);
bool publish(Findings& findings, Transport& transport, const std::vector<Event>& events);

}  // namespace stampede::check
