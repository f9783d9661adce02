// What a program does that takes Redis locks through hiredis with nothing around them: the limits
// that `redlock` is held against.

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tests/support/redis_nodes.hpp"

struct redisContext;

namespace stampede::benchmarks {

// One connection to the first server. Belongs to one thread.
class RawRedisLock {
 public:
  explicit RawRedisLock(const test::RedisNodes& servers);

  // SET key token NX PX, then the script that deletes what is the token's.
  void lock_and_unlock(const std::string& key, const std::string& token);

 private:
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection_;
};

// Redlock as it is often written: all servers are asked at once, over connections that are open
// already, but the answers are read in the order of the servers, each until it is there or its time
// is up. How long it took to have a majority.
std::chrono::nanoseconds time_to_lock_in_order(const test::RedisNodes& servers,
                                               const std::string& key,
                                               std::chrono::milliseconds timeout);

}  // namespace stampede::benchmarks
