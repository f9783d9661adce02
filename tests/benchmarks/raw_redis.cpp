#include "tests/benchmarks/raw_redis.hpp"

#include <hiredis/hiredis.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/api/operation.hpp"
#include "plugins/redis/message.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

using Connection = std::unique_ptr<redisContext, void (*)(redisContext*)>;
using ReplyPointer = std::unique_ptr<redisReply, void (*)(void*)>;

ReplyPointer owned(void* reply) { return {static_cast<redisReply*>(reply), freeReplyObject}; }

bool is_ok(const ReplyPointer& reply) {
  return reply && reply->type == REDIS_REPLY_STATUS && std::string_view(reply->str) == "OK";
}

Connection connect(const test::RedisNodes& servers, int node) {
  const auto url = servers.url(node);
  Connection made(redisConnect("127.0.0.1", std::stoi(url.substr(url.find(':') + 1))), redisFree);
  if (!made || made->err != 0) give_up("cannot reach " + url);
  return made;
}

const redis::Script& unlock_script() {
  static const redis::Script kScript(
      "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end "
      "return 0");
  return kScript;
}

}  // namespace

RawRedisLock::RawRedisLock(const test::RedisNodes& servers) : connection_(connect(servers, 0)) {
  const std::string source(unlock_script().source());
  if (!owned(redisCommand(connection_.get(), "SCRIPT LOAD %s", source.c_str()))) {
    give_up(servers.url(0) + " does not take the script");
  }
}

void RawRedisLock::lock_and_unlock(const std::string& key, const std::string& token) {
  auto* const connection = connection_.get();
  const auto locked =
      owned(redisCommand(connection, "SET %s %s NX PX 10000", key.c_str(), token.c_str()));
  if (!is_ok(locked)) give_up("the raw lock was not granted");
  const auto unlocked =
      owned(redisCommand(connection, "EVALSHA %s 1 %s %s", unlock_script().digest().c_str(),
                         key.c_str(), token.c_str()));
  if (!unlocked || unlocked->integer != 1) give_up("the raw lock was not released");
}

std::chrono::nanoseconds time_to_lock_in_order(const test::RedisNodes& servers,
                                               const std::string& key,
                                               std::chrono::milliseconds timeout) {
  std::vector<Connection> connections;
  for (int node = 0; node < servers.count(); ++node) {
    connections.push_back(connect(servers, node));
    redisSetTimeout(connections.back().get(), {.tv_sec = 0, .tv_usec = timeout.count() * 1000});
  }
  const auto started = Clock::now();
  for (const auto& connection : connections) {
    redisAppendCommand(connection.get(), "SET %s raw NX PX 10000", key.c_str());
    int written = 0;
    while (written == 0 && redisBufferWrite(connection.get(), &written) == REDIS_OK) {
    }
  }
  std::size_t granted = 0;
  for (const auto& connection : connections) {
    void* reply = nullptr;
    if (redisGetReply(connection.get(), &reply) == REDIS_OK && is_ok(owned(reply))) ++granted;
    if (granted > connections.size() / 2) return Clock::now() - started;
  }
  give_up("no majority of the servers answered");
}

}  // namespace stampede::benchmarks
