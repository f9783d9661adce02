// A pool of things that are slow to make and can break, such as connections. They are made when
// they are needed, up to a limit; beyond it callers wait in the order in which they came. One that
// broke, or is older than its lifetime, is never handed out again: whoever is next makes a new one.
//
// `Thing` has bool is_alive(), asked before an idle one is handed out, and bool is_broken(), asked
// when one comes back.
//
// Safe for concurrent use; a Lease belongs to one thread and ends before the pool.

#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/api/histogram.hpp"
#include "core/api/operation.hpp"
#include "core/api/store.hpp"
#include "plugins/stores/postgres/options.hpp"

namespace stampede::stores::postgres {

template <typename Thing>
class Pool {
  struct Entry {
    std::unique_ptr<Thing> thing;
    Clock::time_point made;
    Clock::time_point since;  // When it was handed out, or came back.
  };

 public:
  using Make = std::function<Result<std::unique_ptr<Thing>>()>;

  // `make` is called by many threads at once.
  Pool(const PoolOptions& options, Make make) : options_(options), make_(std::move(make)) {
    idle_.reserve(options.max);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), entry_(std::move(other.entry_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->give_back(std::move(entry_));
    }

    Thing& operator*() const { return *entry_.thing; }
    Thing* operator->() const { return entry_.thing.get(); }

   private:
    friend class Pool;
    Lease(Pool& pool, Entry entry) : pool_(&pool), entry_(std::move(entry)) {}

    Pool* pool_;
    Entry entry_;
  };

  // Waits until the deadline, and no longer than the option pool.timeout: kPoolTimeout. Fails as
  // `make` does.
  Result<Lease> borrow(Deadline deadline) {
    const auto started = Clock::now();
    Entry entry;
    {
      std::unique_lock lock(mutex_);
      if (!take(lock, entry, std::min(deadline, started + options_.timeout))) {
        ++timeouts_;
        return fail(ErrorCode::kPoolTimeout, "postgres: none of " + std::to_string(options_.max) +
                                                 " connections became free in time (option "
                                                 "'pool.max')");
      }
      const auto now = entry.thing ? started : Clock::now();
      waits_.record(now - started);
    }
    if (entry.thing && !is_fit(entry)) entry.thing.reset();
    if (!entry.thing) {
      auto made = make_();
      if (!made) {
        give_up_place();
        return Unexpected(std::move(made.error()));
      }
      entry.thing = std::move(*made);
      entry.made = Clock::now();
    }
    entry.since = Clock::now();
    return Lease(*this, std::move(entry));
  }

  PoolStats stats() const {
    const std::lock_guard guard(mutex_);
    const auto idle = std::ssize(idle_);
    return {.active = static_cast<std::int64_t>(made_) - idle,
            .idle = idle,
            .pending = std::ssize(waiters_),
            .timeouts = timeouts_};
  }

  // How long callers waited for a connection and held it, in microseconds.
  std::vector<std::pair<std::string, double>> gauges() const {
    const auto in_us = [](std::chrono::nanoseconds time) {
      return static_cast<double>(time.count()) / 1000;
    };
    const std::lock_guard guard(mutex_);
    return {{"pool_wait_mean_us", in_us(waits_.mean())},
            {"pool_wait_p95_us", in_us(waits_.quantile(0.95))},
            {"pool_hold_mean_us", in_us(holds_.mean())},
            {"pool_hold_p95_us", in_us(holds_.quantile(0.95))}};
  }

 private:
  struct Waiter {
    std::condition_variable changed;
    Entry entry;
    bool granted = false;  // An entry, or the place for one that the waiter makes.
  };

  // One above the minimum that nobody needed for so long is closed.
  static constexpr std::chrono::minutes kMostIdle{1};

  // Answers false when the time is up. Leaves `entry` empty when one may be made.
  bool take(std::unique_lock<std::mutex>& lock, Entry& entry, Deadline until) {
    if (waiters_.empty()) {
      if (!idle_.empty()) {
        entry = std::move(idle_.back());  // The last one used: its caches are warm.
        idle_.pop_back();
        return true;
      }
      if (made_ < options_.max) {
        ++made_;
        return true;
      }
    }
    Waiter waiter;
    waiters_.push_back(&waiter);
    waiter.changed.wait_until(lock, until, [&] { return waiter.granted; });
    if (!waiter.granted) {
      std::erase(waiters_, &waiter);
      return false;
    }
    entry = std::move(waiter.entry);
    return true;
  }

  bool is_fit(const Entry& entry) const {
    return Clock::now() - entry.made < options_.max_lifetime && entry.thing->is_alive();
  }

  void give_back(Entry entry) {
    const auto now = Clock::now();
    const bool fit = !entry.thing->is_broken() && now - entry.made < options_.max_lifetime;
    std::unique_ptr<Thing> unwanted;  // Ends after the lock is released: that takes a while.
    if (!fit) unwanted = std::move(entry.thing);
    const std::lock_guard guard(mutex_);
    holds_.record(now - entry.since);
    entry.since = now;
    if (!waiters_.empty()) {
      hand_over(std::move(entry));
    } else if (!entry.thing) {
      --made_;
    } else {
      idle_.push_back(std::move(entry));
      if (!unwanted) unwanted = take_long_idle(now);
    }
  }

  // The caller holds mutex_. An empty entry is a place.
  void hand_over(Entry entry) {
    auto& waiter = *waiters_.front();
    waiters_.pop_front();
    waiter.entry = std::move(entry);
    waiter.granted = true;
    waiter.changed.notify_one();
  }

  void give_up_place() {
    const std::lock_guard guard(mutex_);
    if (waiters_.empty()) {
      --made_;
    } else {
      hand_over({});
    }
  }

  // The caller holds mutex_.
  std::unique_ptr<Thing> take_long_idle(Clock::time_point now) {
    if (made_ <= options_.min || idle_.empty() || now - idle_.front().since < kMostIdle) return {};
    auto thing = std::move(idle_.front().thing);
    idle_.erase(idle_.begin());
    --made_;
    return thing;
  }

  const PoolOptions options_;
  const Make make_;
  mutable std::mutex mutex_;
  std::vector<Entry> idle_;
  std::deque<Waiter*> waiters_;
  std::size_t made_ = 0;  // Handed out, idle, and being made.
  std::int64_t timeouts_ = 0;
  Histogram waits_;
  Histogram holds_;
};

}  // namespace stampede::stores::postgres
