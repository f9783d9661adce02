// What happened in one check, line by line: when, on which thread, who, what, with which values. It
// is printed when the check finds something.
//
// Safe for concurrent use; outlives whoever notes. Who acts is kept for each thread (Acting), so
// that a store need not know for whom it works.

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "core/api/operation.hpp"
#include "core/api/store.hpp"

namespace stampede::check {

class History {
 public:
  // Only the last lines are kept: what a check finds is near its end.
  static constexpr std::size_t kMost = 300;

  void note(const std::string& what);

  // The lines, and how many before them were not kept.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  const Clock::time_point started_ = Clock::now();
  std::map<std::thread::id, int> threads_;  // Numbered as they come.
  std::deque<std::string> lines_;
  std::size_t dropped_ = 0;
};

// Says for whom this thread acts, until it ends; whoever it acted for before is restored then.
class Acting {
 public:
  explicit Acting(const std::string& name);
  ~Acting();
  Acting(const Acting&) = delete;
  Acting& operator=(const Acting&) = delete;

 private:
  const std::string name_;
  const std::string* const before_;
};

// Values as a history shows them.
std::string show(const Result<Outcome>& outcome);
std::string show(const TransactionOptions& options);
std::string show(RefusalCode code);
std::string show(std::chrono::nanoseconds time);  // In milliseconds.

}  // namespace stampede::check
