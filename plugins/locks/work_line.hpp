// The line of jobs in front of one writer: first come, first served, and bounded. A job that still
// stands in it may be withdrawn; one that was claimed is the writer's until it is answered.
//
// Safe for concurrent use, with one writer. A job lives on the stack of its caller, who stays until
// the job is answered or withdrawn; the line outlives them all.

#pragma once

#include <boost/intrusive/list.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "core/api/operation.hpp"
#include "core/api/store.hpp"

namespace stampede::locks {

// One operation on its way to a writer and back. The writer alone touches it, and what it refers
// to, from the claim to the answer.
class Job : public boost::intrusive::list_base_hook<> {
 public:
  Job(Store& for_store, Operation& of, Context& in)
      : store(for_store), operation(of), context(in) {}

  Store& store;
  Operation& operation;
  Context& context;
  const Clock::time_point queued = Clock::now();
  Clock::time_point claimed;  // Set by the writer.

  // By the writer, once. The job may be gone when it returns.
  void answer(Result<Outcome> outcome) {
    const std::lock_guard held(mutex_);
    outcome_ = std::move(outcome);
    is_answered_ = true;
    // Under the mutex: as soon as it is let go, the caller may return and take the job along.
    answered_.notify_one();
  }

  // By the caller: whether the answer came before the deadline.
  bool wait_until(Deadline deadline) {
    std::unique_lock held(mutex_);
    return answered_.wait_until(held, deadline, [this] { return is_answered_; });
  }

  // By the caller: waits for the answer, however long it takes.
  Result<Outcome> take_answer() {
    std::unique_lock held(mutex_);
    answered_.wait(held, [this] { return is_answered_; });
    return std::move(outcome_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  bool is_answered_ = false;
  Result<Outcome> outcome_;
};

class WorkLine {
 public:
  explicit WorkLine(std::size_t most) : most_(most) {}

  // False when the line is full.
  bool join(Job& job) {
    const std::lock_guard held(mutex_);
    if (jobs_.size() >= most_) return false;
    jobs_.push_back(job);
    if (std::exchange(writer_waits_, false)) changed_.notify_one();
    return true;
  }

  // False when the job has been claimed: its answer will come.
  bool withdraw(Job& job) {
    const std::lock_guard held(mutex_);
    if (!job.is_linked()) return false;
    jobs_.erase(jobs_.iterator_to(job));
    return true;
  }

  // The job at the front, or nothing when the line is empty.
  Job* claim() {
    const std::lock_guard held(mutex_);
    return take_first();
  }

  // Waits for a job. Nothing when the line is closed and empty.
  Job* wait_and_claim() {
    std::unique_lock held(mutex_);
    while (jobs_.empty() && !is_closed_) {
      writer_waits_ = true;
      changed_.wait(held);
    }
    return take_first();
  }

  // Lets the writer go once the line is empty.
  void close() {
    const std::lock_guard held(mutex_);
    is_closed_ = true;
    changed_.notify_one();
  }

  // How many stand in it now.
  std::size_t waiting() const {
    const std::lock_guard held(mutex_);
    return jobs_.size();
  }

 private:
  Job* take_first() {
    if (jobs_.empty()) return nullptr;
    Job& job = jobs_.front();
    jobs_.pop_front();
    return &job;
  }

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  boost::intrusive::list<Job> jobs_;
  bool writer_waits_ = false;
  bool is_closed_ = false;
};

}  // namespace stampede::locks
