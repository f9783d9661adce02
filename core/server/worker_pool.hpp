// A fixed number of threads that run jobs from a bounded queue, first in, first out. A full queue
// is said at once, so that overload turns into quick refusals rather than into long waits. A job
// that a free worker is about to take does not count as queued.
//
// Safe for concurrent use. A job that is queued is always run, also when the pool is stopped.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace stampede::server {

template <typename Job>
class WorkerPool {
 public:
  // `run` is called on the workers, by several at a time; what it throws ends the process.
  WorkerPool(std::size_t workers, std::size_t queue, std::function<void(Job&)> run)
      : run_(std::move(run)), queue_(queue), slots_(queue + workers), free_(workers) {
    threads_.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is stopping: the job is then untouched.
  bool try_submit(Job&& job) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || count_ >= queue_ + free_) return false;
      slots_[(first_ + count_) % slots_.size()].emplace(std::move(job));
      ++count_;
      wake = wants_another();
    }
    if (wake) changed_.notify_one();
    return true;
  }

  std::size_t queued() const {
    const std::lock_guard lock(mutex_);
    return count_ > free_ ? count_ - free_ : 0;
  }
  std::size_t capacity() const { return queue_; }
  std::size_t workers() const { return threads_.size(); }

  // Takes no more jobs, runs those that are queued, and joins. Idempotent; not from a worker.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  void work() {
    for (bool after_job = false;; after_job = true) {
      auto job = take(after_job);
      if (!job.has_value()) return;
      run_(*job);
    }
  }

  // The next job, or nothing when the pool has stopped and none is left.
  std::optional<Job> take(bool after_job) {
    std::unique_lock lock(mutex_);
    if (after_job) ++free_;
    while (count_ == 0 && !stopping_) {
      ++waiting_;
      changed_.wait(lock);
      --waiting_;
      waking_ = false;
    }
    if (count_ == 0) return std::nullopt;
    auto job = std::exchange(slots_[first_], std::nullopt);
    first_ = (first_ + 1) % slots_.size();
    --count_;
    --free_;
    const bool wake = wants_another();
    lock.unlock();
    if (wake) changed_.notify_one();
    return job;
  }

  // Whether the caller must wake a worker. One is woken at a time, and wakes the next before it
  // runs its job if there is more to do: jobs that come in a burst and are short are then done by
  // those who are awake, instead of by as many wake-ups. Nobody is forgotten: whoever leaves the
  // wait, for whatever reason, clears `waking_`. The mutex is held.
  bool wants_another() {
    if (count_ == 0 || waiting_ == 0 || waking_) return false;
    waking_ = true;
    return true;
  }

  const std::function<void(Job&)> run_;
  const std::size_t queue_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Job>> slots_;  // A ring: count_ jobs from first_ on.
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t free_;         // Workers that run no job: they wait, or are about to.
  std::size_t waiting_ = 0;  // Of the free ones, those that must be woken.
  bool waking_ = false;      // One was woken and is on its way.
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // Last: its threads use all of the above.
};

}  // namespace stampede::server
