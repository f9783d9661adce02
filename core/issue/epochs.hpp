// Lets one wait until everybody who had entered before has left, without keeping anybody out
// meanwhile. Safe for concurrent use; outlives its visits.

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/api/operation.hpp"

namespace stampede::issue {

class Epochs {
 public:
  using Visit = std::shared_ptr<void>;  // Inside until it is destroyed.

  Visit enter() {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  // False when some were still inside at the deadline; the next call waits for those too.
  bool wait_for_earlier(Deadline deadline) {
    auto own = make();
    std::unique_lock lock(mutex_);
    std::swap(own, now_);
    earlier_.emplace_back(own);
    lock.unlock();  // Whoever is the last to leave takes it.
    own.reset();
    lock.lock();
    return left_.wait_until(lock, deadline, [this] {
      std::erase_if(earlier_, [](const auto& epoch) { return epoch.expired(); });
      return earlier_.empty();
    });
  }

 private:
  struct Epoch {
    explicit Epoch(Epochs& owner) : epochs(owner) {}
    Epochs& epochs;
  };

  // The last to leave an epoch says so, when the epoch has expired.
  Visit make() {
    return {new Epoch(*this), [](Epoch* epoch) {
              auto& epochs = epoch->epochs;
              delete epoch;  // NOLINT(cppcoreguidelines-owning-memory): the deleter of new above.
              const std::lock_guard lock(epochs.mutex_);
              epochs.left_.notify_all();
            }};
  }

  std::mutex mutex_;
  std::condition_variable left_;
  std::vector<std::weak_ptr<void>> earlier_;
  Visit now_ = make();
};

}  // namespace stampede::issue
