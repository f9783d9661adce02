// Leases that are held, and the thread that extends them while the work runs: every lease older
// than a sixth of its time to live at the latest when a third has passed, all that are due in one
// request to each server. A lease that is short-lived is never extended and costs nothing here.
//
// Safe for concurrent use. The Nodes outlive the keeper, which outlives no lease's use of it.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/api/operation.hpp"
#include "plugins/redis/nodes.hpp"

namespace stampede::redis {

// The keys that one holder has locked under one token, and until when that is certain.
class Lease {
 public:
  Lease(std::vector<std::string> keys, std::string token)
      : keys_(std::move(keys)), token_(std::move(token)) {}

  const std::vector<std::string>& keys() const { return keys_; }
  const std::string& token() const { return token_; }

  // False from the moment when another could hold the lock.
  bool is_valid(Clock::time_point now) const { return now < valid_until(); }
  Clock::time_point valid_until() const {
    return Clock::time_point(Clock::duration(valid_until_.load(std::memory_order_relaxed)));
  }
  void set_valid_until(Clock::time_point until) {
    valid_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void lose() { set_valid_until(Clock::time_point::min()); }

 private:
  friend class LeaseKeeper;

  const std::vector<std::string> keys_;
  const std::string token_;
  std::atomic<Clock::rep> valid_until_ = Clock::time_point::min().time_since_epoch().count();
  std::size_t slot_ = 0;  // Where the keeper has it.
};

// How long a lease lasts.
struct LeaseTerm {
  std::chrono::milliseconds ttl;
  double drift = 0;  // By which part of the ttl the servers' clocks may run faster than ours.

  // Counted from just before the servers were asked. The two milliseconds are for the precision
  // of Redis's expiry (the Redlock page, "Is the algorithm asynchronous?").
  std::chrono::nanoseconds certain() const {
    return ttl -
           std::chrono::nanoseconds(static_cast<std::int64_t>(
               drift * static_cast<double>(std::chrono::nanoseconds(ttl).count()))) -
           std::chrono::milliseconds(2);
  }
};

class LeaseKeeper {
 public:
  // Extends the keys it is given that still hold their token.
  static const Script& script();

  LeaseKeeper(Nodes& nodes, LeaseTerm term);
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  void add(const std::shared_ptr<Lease>& lease);
  void remove(const Lease& lease);

 private:
  using Leases = std::vector<std::shared_ptr<Lease>>;

  void loop(const std::stop_token& stop);
  Leases due(Clock::time_point now);
  void extend(const Leases& leases);

  Nodes& nodes_;
  const LeaseTerm term_;
  std::mutex mutex_;
  Leases leases_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace stampede::redis
