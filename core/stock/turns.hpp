// A mutual exclusion that is waited for until a deadline. A std::timed_mutex would be one too, but
// ThreadSanitizer of this compiler does not see how it is locked until a time of the steady clock.
//
// Safe for concurrent use; outlives its turns.

#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "core/api/operation.hpp"

namespace stampede::stock {

class Turns {
 public:
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->end();
    }

   private:
    Turns* turns_;
  };

  // Nothing when it was somebody else's until the deadline.
  std::optional<Turn> take(Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (!free_.wait_until(lock, deadline, [this] { return !taken_; })) return std::nullopt;
    taken_ = true;
    return Turn(*this);
  }

 private:
  void end() {
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
};

}  // namespace stampede::stock
