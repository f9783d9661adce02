// Redlock: a lock that is held by whoever has its keys, under a random token and for a limited
// time, on a majority of N independent Redis servers (S. Sanfilippo, "Distributed Locks with
// Redis", redis.io). With one server it is the plain Redis lock: SET NX PX, and a release that
// looks at the token.
//
// Several keys are taken by one request, all or none, so that nobody waits for one while holding
// another. An extension keeps a lease alive while its holder works; a holder that was paused for
// longer than its lease finds it not valid, at best: what happens between that look and a commit
// only a fence can tell.
//
// Fairness: who waits asks again after a random delay, so that nobody is preferred and an unlucky
// one may wait long. Callers of one process that want the same keys should queue before they come
// here. The process that has just released keys for which another waits holds back for one delay
// before it asks for them again; otherwise its own queue would take them every time.
//
// Safe for concurrent use; outlives every Hold.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "plugins/redis/lease_keeper.hpp"
#include "plugins/redis/nodes.hpp"

namespace stampede::redis {

struct QuorumLockOptions {
  LeaseTerm term;
  std::chrono::nanoseconds retry{};    // Mean delay before asking again.
  std::chrono::nanoseconds timeout{};  // How long a server may take to answer.
};

class QuorumLock {
 public:
  QuorumLock(std::vector<Address> addresses, QuorumLockOptions options);

  // The possession of keys, or of nothing. Releases them when destroyed, and waits for a majority
  // to have heard of it, so that the next one to ask finds them free.
  class Hold {
   public:
    Hold(Hold&&) noexcept = default;
    Hold& operator=(Hold&&) = delete;
    ~Hold();

    // False from the moment when another could hold the lock.
    bool is_valid() const { return lease_->is_valid(Clock::now()); }

   private:
    friend QuorumLock;
    Hold(QuorumLock& lock, Nodes::Session session, std::shared_ptr<Lease> lease);

    QuorumLock* lock_;
    Nodes::Session session_;
    std::shared_ptr<Lease> lease_;  // Null when moved from.
  };

  // kLockTimeout when the keys were not free before the deadline; kUnavailable when a majority of
  // the servers did not answer. At least one key.
  Result<Hold> acquire(std::vector<std::string> keys, Deadline deadline);

 private:
  // A lease, or null when somebody else has the keys; kUnavailable.
  Result<std::shared_ptr<Lease>> attempt(Nodes::Session& session,
                                         const std::vector<std::string>& keys, bool first,
                                         Deadline deadline);
  void give_back(Nodes::Session& session, const Lease& lease);
  void release(Nodes::Session& session, const Lease& lease);

  std::string make_token();
  void wait_a_turn(Deadline deadline);
  void hold_back_from(const std::vector<std::string>& keys);
  bool must_hold_back_from(const std::vector<std::string>& keys);
  std::uint64_t random();

  const QuorumLockOptions options_;
  const std::string ttl_;
  const std::string wanted_ttl_;
  const std::string instance_;  // Random; tells the processes apart.
  std::atomic<std::uint64_t> random_state_;
  Nodes nodes_;
  LeaseKeeper keeper_;

  std::mutex mutex_;
  std::unordered_map<std::string, Clock::time_point> wanted_;  // By others, when and until then.
  std::atomic<std::size_t> wanted_keys_ = 0;
};

}  // namespace stampede::redis
