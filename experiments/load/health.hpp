// Judges how well the generator did its own part, tenth of a second by tenth of a second. The rule
// is stated at GeneratorHealth::saturated. Used by one thread.

#pragma once

#include <chrono>
#include <cstdint>

#include "experiments/load/result.hpp"

namespace stampede::load {

// CPU that a thread used, and time in which it was ready to run but did not, since it began.
struct ThreadTime {
  Duration running{0};
  Duration waiting{0};
};

// Reads the calling thread's times from Linux's schedstat; where that is missing only the running
// time is known. Used by the thread that constructed it.
class ThreadTimer {
 public:
  ThreadTimer();
  ~ThreadTimer();
  ThreadTimer(const ThreadTimer&) = delete;
  ThreadTimer& operator=(const ThreadTimer&) = delete;

  ThreadTime read() const;

 private:
  const int file_;
};

class HealthMonitor {
 public:
  static constexpr Duration kSlot = std::chrono::milliseconds(100);

  // An arrival of the window was noticed this late.
  void arrival(Duration late);
  void dropped(std::uint64_t arrivals) { health_.dropped += arrivals; }

  // A slot of this length ended, with what its thread used. `waiting_arrivals`: someone was in the
  // backlog at its end. Slots outside the window only start the next one.
  void slot(bool in_window, Duration length, const ThreadTime& used, bool waiting_arrivals);

  GeneratorHealth judge() const;

 private:
  GeneratorHealth health_;
  Duration latest_{0};  // Of this slot.
  std::uint64_t slots_ = 0;
  std::uint64_t saturated_slots_ = 0;
  std::uint64_t backlog_slots_ = 0;
  ThreadTime used_;
  Duration length_{0};
};

}  // namespace stampede::load
