// Carries the steps of many callers to Redis in few calls: whatever is waiting when the last call
// has come back goes out together with the next one, so that calls grow with the load and nobody
// waits for company. One thread and one connection do it, in the order in which steps came.
//
// Safe for concurrent use; no call may be running when it is destroyed. The server outlives it.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/api/gate.hpp"
#include "plugins/gates/redis_server.hpp"

namespace stampede::gates {

// One step of the script: what to do with one claim.
struct Step {
  enum class Verb : char { kClaim = 'c', kIssued = 'i', kReturned = 'r' };
  Verb verb = Verb::kClaim;
  Claim claim;
};

class Coalescer {
 public:
  static constexpr std::size_t kMostSteps = 512;  // Of one call: Redis does nothing else meanwhile.

  static const redis::Script& script();

  explicit Coalescer(RedisServer& server);
  ~Coalescer();
  Coalescer(const Coalescer&) = delete;
  Coalescer& operator=(const Coalescer&) = delete;

  // What the script answered for each step. Returns at the deadline at the latest: kTimeout when
  // the steps had not been sent by then, kInDoubt when they had.
  Result<std::vector<Decision>> run(std::vector<Step> steps, Deadline deadline);

  // Callers whose steps were not sent yet.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  std::int64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  std::int64_t steps() const { return steps_.load(std::memory_order_relaxed); }

 private:
  // What one caller wants. Shared with the thread, because a caller may leave first. Each has a
  // mutex of its own, so that callers who wake together do not wait for each other again.
  struct Job {
    explicit Job(std::vector<Step> wanted) : steps(std::move(wanted)) {}

    const std::vector<Step> steps;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    Result<std::vector<Decision>> decisions;
  };
  using Jobs = std::vector<std::shared_ptr<Job>>;

  void loop(const std::stop_token& stop);
  // Waits for some. Empty when it is to stop.
  Jobs take(const std::stop_token& stop);
  Result<std::vector<Decision>> call(redis::Nodes::Session& session, const Jobs& jobs);
  static void hand_out(const Jobs& jobs, const Result<std::vector<Decision>>& decisions);

  RedisServer& server_;
  std::atomic<std::int64_t> calls_ = 0;
  std::atomic<std::int64_t> steps_ = 0;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::condition_variable_any arrived_;
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace stampede::gates
