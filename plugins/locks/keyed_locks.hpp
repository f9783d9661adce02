// A fair lock for each key of a set too large to keep a mutex for every member: an entry exists
// only while its key is locked, so memory follows the requests in flight and not the users.
//
// Keys are spread over shards, so that requests for different keys rarely share a mutex; that one
// is held for a table look-up only, never while the lock of a key is held.
// Safe for concurrent use; outlives every Hold.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/api/operation.hpp"
#include "plugins/locks/fifo_line.hpp"

namespace stampede::locks {

class KeyedLocks {
 public:
  // The possession of one key's lock, or of nothing. Releases it when destroyed.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), key_(other.key_) {}
    Hold& operator=(Hold&& other) noexcept {
      Hold previous(std::move(*this));
      locks_ = std::exchange(other.locks_, nullptr);
      key_ = other.key_;
      return *this;
    }
    ~Hold() {
      if (locks_ != nullptr) locks_->release(key_);
    }

    explicit operator bool() const { return locks_ != nullptr; }

   private:
    friend KeyedLocks;
    Hold(KeyedLocks* locks, std::int64_t key) : locks_(locks), key_(key) {}

    KeyedLocks* locks_ = nullptr;
    std::int64_t key_ = 0;
  };

  // Waits behind everyone who asked for this key before. An empty Hold when the deadline passed
  // first. A free key is taken even after its deadline.
  Hold take_until(std::int64_t key, Deadline deadline) {
    Shard& shard = shard_of(key);
    std::unique_lock held(shard.mutex);
    // References into an unordered_map stay valid when it grows, and the entry stays while anyone
    // holds or awaits the key.
    FifoLine& line = shard.lines[key];
    return line.take_until(held, deadline) ? Hold(this, key) : Hold();
  }

  // How many wait for this key now.
  std::size_t waiting(std::int64_t key) {
    Shard& shard = shard_of(key);
    const std::lock_guard held(shard.mutex);
    const auto found = shard.lines.find(key);
    return found == shard.lines.end() ? 0 : found->second.waiting();
  }

  // How many keys are locked now.
  std::size_t locked_keys() {
    std::size_t keys = 0;
    for (auto& shard : shards_) {
      const std::lock_guard held(shard.mutex);
      keys += shard.lines.size();
    }
    return keys;
  }

 private:
  static constexpr std::size_t kShardBits = 6;
  static constexpr std::size_t kCacheLine = 64;  // Neighbouring shards do not share one.

  struct alignas(kCacheLine) Shard {
    std::mutex mutex;
    std::unordered_map<std::int64_t, FifoLine> lines;
  };

  // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): neighbouring ids spread.
  Shard& shard_of(std::int64_t key) {
    const auto mixed = static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15ULL;
    return shards_[mixed >> (64U - kShardBits)];
  }

  void release(std::int64_t key) {
    Shard& shard = shard_of(key);
    const std::lock_guard held(shard.mutex);
    const auto found = shard.lines.find(key);
    found->second.release();
    if (!found->second.taken()) shard.lines.erase(found);
  }

  std::array<Shard, std::size_t{1} << kShardBits> shards_;
};

}  // namespace stampede::locks
