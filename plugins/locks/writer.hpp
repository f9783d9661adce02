// The writer of some products and coupons: one thread that does the work for them in order of
// arrival. See single_writer.cpp for what it promises.
// Safe for concurrent use; outlives every execute().

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "plugins/locks/execution.hpp"
#include "plugins/locks/ownership.hpp"
#include "plugins/locks/work_line.hpp"

namespace stampede::locks {

class Writer {
 public:
  struct Options {
    std::size_t queue = 1;  // Most jobs that wait.
    std::size_t batch = 1;  // Most placements handed to the store together.
    std::chrono::nanoseconds lease{0};
  };

  // `name` stands for its products among server instances.
  Writer(Resource name, const Options& options)
      : queue_(options.queue),
        most_(options.batch),
        line_(options.queue),
        ownership_(name, options.lease) {
    jobs_.reserve(most_);
    placements_.reserve(most_);
    thread_ = std::thread([this] { run(); });
  }
  ~Writer() {
    line_.close();
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // The whole operation, on the writer's thread. `wanted` is named in messages.
  Result<Outcome> execute(Store& store, const Resource& wanted, Operation& operation,
                          Context& context) {
    Job job(store, operation, context);
    if (!line_.join(job)) {
      return fail(ErrorCode::kOverloaded, "the line before the writer of " + name_of(wanted) +
                                              " is full: " + std::to_string(queue_) + " wait");
    }
    if (!job.wait_until(context.deadline) && line_.withdraw(job)) {
      context.phases.add(Phase::kLock, Clock::now() - job.queued);
      return lock_timeout("the writer of " + name_of(wanted), job.queued);
    }
    return job.take_answer();
  }

  std::size_t waiting() const { return line_.waiting(); }

 private:
  void run() {
    while (Job* job = line_.wait_and_claim()) {
      for (; job != nullptr; job = line_.claim()) begin(*job);
      place_all();
    }
  }

  // guarded(), and then either a place in the batch or, behind it, the work by itself.
  void begin(Job& job) {
    job.claimed = Clock::now();
    auto& phases = job.context.phases;
    phases.add(Phase::kLock, job.claimed - job.queued);
    const auto paid_for = phases.spent(Phase::kPayment);
    Placement* placement = nullptr;
    auto begun = caught([&]() -> Result<Outcome> {
      auto outcome = locks::begin(job.operation, job.context);
      if (outcome && outcome->committed() && job.store.batches() != nullptr) {
        placement = job.operation.placement();
      }
      return outcome;
    });
    if (!begun || !begun->committed()) return answer(job, std::move(begun));
    if (placement == nullptr) {
      place_all();
      return answer(job, transact(job));
    }
    if (!jobs_.empty() && &jobs_.front()->store != &job.store) place_all();
    jobs_.push_back(&job);
    placements_.push_back(placement);
    // A payment under the lock was made against what is committed: nothing joins it, so that the
    // next one finds this order committed too.
    const bool paid = phases.spent(Phase::kPayment) != paid_for;
    if (paid || jobs_.size() >= std::min(most_, job.store.batches()->most())) place_all();
  }

  // Hands the batch to the store and answers everybody in it.
  void place_all() {
    while (!jobs_.empty()) {
      // Nobody is made to wait beyond the deadline of the most impatient; who has more time than
      // that is placed again without those who ran out of it.
      Phases shared;
      Context context{.deadline = earliest_deadline(), .phases = shared};
      const auto results = place(context);
      const auto ended = Clock::now();
      std::size_t kept = 0;
      for (std::size_t i = 0; i < jobs_.size(); ++i) {
        Job& job = *jobs_[i];
        add(shared, job.context.phases);
        const auto& result = results[i];
        if (is_to_be_placed_again(result, job, context.deadline, ended)) {
          jobs_[kept] = &job;
          placements_[kept++] = placements_[i];
        } else if (!result && result.error().code == ErrorCode::kConflict) {
          answer(job, transact(job));
        } else {
          answer(job, result);
        }
      }
      jobs_.resize(kept);
      placements_.resize(kept);
    }
  }

  // One answer for each job of the batch.
  std::vector<Result<Outcome>> place(Context& context) {
    Store& store = jobs_.front()->store;
    std::vector<Result<Outcome>> results;
    const auto placed = caught([&]() -> Result<Outcome> {
      if (auto owned = ownership_.take(store, context); !owned) return Unexpected(owned.error());
      context.fences = ownership_.fences();
      results = store.batches()->place(placements_, context);
      if (results.size() == jobs_.size()) return Outcome::commit();
      return fail(ErrorCode::kInternal, "the store answered " + std::to_string(results.size()) +
                                            " of " + std::to_string(jobs_.size()) + " placements");
    });
    if (!placed) results.assign(jobs_.size(), Unexpected(placed.error()));
    if (std::ranges::any_of(results, is_lease_lost)) ownership_.lose();
    return results;
  }

  // The work by itself, as its owner.
  Result<Outcome> transact(Job& job) {
    for (;;) {
      auto outcome = caught([&]() -> Result<Outcome> {
        Context context{.deadline = job.context.deadline, .phases = job.context.phases};
        if (auto owned = ownership_.take(job.store, context); !owned) {
          return Unexpected(owned.error());
        }
        context.fences = ownership_.fences();
        return job.store.transact(TransactionOptions{}, job.operation, context);
      });
      if (!is_lease_lost(outcome)) return outcome;
      ownership_.lose();
      if (Clock::now() >= job.context.deadline) return outcome;
    }
  }

  // Nothing was changed for the sake of somebody else's deadline, or because the products had
  // passed to another instance, and there is time left.
  static bool is_to_be_placed_again(const Result<Outcome>& result, const Job& job,
                                    Deadline shared_deadline, Clock::time_point now) {
    if (result || now >= job.context.deadline) return false;
    switch (result.error().code) {
      case ErrorCode::kLeaseLost:
        return true;
      case ErrorCode::kTimeout:
      case ErrorCode::kLockTimeout:
      case ErrorCode::kPoolTimeout:
        return now >= shared_deadline;
      default:
        return false;
    }
  }

  static bool is_lease_lost(const Result<Outcome>& result) {
    return !result && result.error().code == ErrorCode::kLeaseLost;
  }

  Deadline earliest_deadline() const {
    auto earliest = Deadline::max();
    for (const Job* job : jobs_) earliest = std::min(earliest, job->context.deadline);
    return earliest;
  }

  // What the batch took is what each of it waited for.
  static void add(const Phases& shared, Phases& phases) {
    for (std::size_t i = 0; i < kPhaseCount; ++i) {
      const auto phase = static_cast<Phase>(i);
      phases.add(phase, shared.spent(phase));
    }
    ++phases.attempts;
  }

  static void answer(Job& job, Result<Outcome> outcome) {
    job.context.phases.lock_hold += Clock::now() - job.claimed;
    job.answer(std::move(outcome));
  }

  // The thread's edge: what an operation throws is the answer to its caller.
  template <typename Body>
  static Result<Outcome> caught(Body body) {
    try {
      return body();
    } catch (const std::exception& error) {
      return fail(ErrorCode::kInternal, std::string("single_writer: ") + error.what());
    } catch (...) {
      return fail(ErrorCode::kInternal, "single_writer: what was thrown is no std::exception");
    }
  }

  const std::size_t queue_;
  const std::size_t most_;
  WorkLine line_;
  // The writer's own from here on.
  Ownership ownership_;
  std::vector<Job*> jobs_;              // The batch,
  std::vector<Placement*> placements_;  // and what its jobs say, beside it.
  std::thread thread_;                  // Last: it uses all of the above.
};

}  // namespace stampede::locks
