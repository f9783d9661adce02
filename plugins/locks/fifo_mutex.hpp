// A fair mutex with a deadline: who asks first is served first, and who gives up leaves the others
// in order. Works with std::unique_lock. Safe for concurrent use; outlives everyone who holds it.

#pragma once

#include <cstddef>
#include <mutex>

#include "core/api/operation.hpp"
#include "plugins/locks/fifo_line.hpp"

namespace stampede::locks {

class FifoMutex {
 public:
  // False when the deadline passed first. A free mutex is taken even after its deadline.
  bool try_lock_until(Deadline deadline) {
    std::unique_lock held(mutex_);
    return line_.take_until(held, deadline);
  }

  void unlock() {
    const std::lock_guard held(mutex_);
    line_.release();
  }

  // How many wait now.
  std::size_t waiting() const {
    const std::lock_guard held(mutex_);
    return line_.waiting();
  }

 private:
  mutable std::mutex mutex_;
  FifoLine line_;
};

}  // namespace stampede::locks
