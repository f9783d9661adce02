// The line of waiters in front of one lock: first come, first served. Releasing hands the lock to
// the waiter at the front instead of waking everybody, so nobody who comes later overtakes and no
// waiter starves. The price is one thread switch for each hand-over.
//
// Thread-safety: none of its own. Every call is made while holding one and the same mutex, the
// owner's, so that a table can keep many lines under the mutex of a shard.
// Lifetime: outlives everyone who waits in it. A waiter lives on the stack of its thread.

#pragma once

#include <boost/intrusive/list.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "core/api/operation.hpp"

namespace stampede::locks {

class FifoLine {
 public:
  // Takes the lock, waiting behind everyone who came before. False when the deadline passed first:
  // the caller has then left the line. `held` is the owner's mutex, let go of only while waiting.
  bool take_until(std::unique_lock<std::mutex>& held, Deadline deadline) {
    if (!taken_) {
      taken_ = true;
      return true;
    }
    Waiter self;
    waiters_.push_back(self);
    if (self.called.wait_until(held, deadline, [&self] { return self.owns_lock; })) return true;
    waiters_.erase(waiters_.iterator_to(self));
    return false;
  }

  // Gives the lock to the first in the line, or frees it.
  void release() {
    if (waiters_.empty()) {
      taken_ = false;
      return;
    }
    Waiter& next = waiters_.front();
    waiters_.pop_front();
    next.owns_lock = true;
    // Under the mutex: as soon as it is let go, `next` may return and be gone.
    next.called.notify_one();
  }

  bool taken() const { return taken_; }
  std::size_t waiting() const { return waiters_.size(); }

 private:
  struct Waiter : boost::intrusive::list_base_hook<> {
    std::condition_variable called;
    bool owns_lock = false;
  };

  bool taken_ = false;  // True whenever somebody waits.
  boost::intrusive::list<Waiter> waiters_;
};

}  // namespace stampede::locks
