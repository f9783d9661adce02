// One connection to one Redis server, which never blocks: whoever uses it polls.
//
// Replies come in the order of the requests. One that nobody waits for any more is still owed: it
// is read and dropped before the next request's is taken, so that a reply is never taken for
// another's. A connection with any fault is closed at once and never used again; the next request
// opens a new one.
//
// A Link belongs to one thread at a time. A Node is safe for concurrent use and outlives its links.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/api/operation.hpp"
#include "plugins/redis/address.hpp"
#include "plugins/redis/message.hpp"

struct redisContext;

namespace stampede::redis {

struct Greeting {
  std::string bytes;
  std::size_t requests = 0;
};

// What all connections to one server have learned about it.
class Node {
 public:
  // Every new connection begins with the greeting, requests whose replies nobody waits for.
  Node(Address address, std::shared_ptr<const Greeting> greeting)
      : address_(std::move(address)), greeting_(std::move(greeting)) {}

  const Address& address() const { return address_; }
  const Greeting& greeting() const { return *greeting_; }

  // A server that refused a connection, or did not answer in time, is suspect for a while: nobody
  // waits for it as long as there is a majority without it. Any reply clears it.
  bool is_suspect(Clock::time_point now) const {
    return now.time_since_epoch().count() < suspect_until_.load(std::memory_order_relaxed);
  }
  void suspect(Clock::time_point now) {
    suspect_until_.store((now + kRest).time_since_epoch().count(), std::memory_order_relaxed);
  }
  void trust() {
    if (suspect_until_.load(std::memory_order_relaxed) != 0) suspect_until_ = 0;
  }

 private:
  static constexpr std::chrono::milliseconds kRest{500};

  const Address address_;
  const std::shared_ptr<const Greeting> greeting_;
  std::atomic<Clock::rep> suspect_until_ = 0;
};

class Link {
 public:
  explicit Link(Node& node) : node_(&node), context_(nullptr, nullptr) {}

  // Drops what the server still owed and has sent by now. Closes the connection when the server
  // hung up, sent what nobody asked for, or has owed a reply for longer than `patience`. Opens one
  // where there is none and `may_connect`.
  void prepare(Clock::time_point now, std::chrono::nanoseconds patience, bool may_connect);

  bool is_open() const { return context_ != nullptr; }
  // Why it is not open.
  const std::string& fault() const { return fault_; }

  // Hands the bytes of one request over; what does not fit goes out with receive().
  void send(std::string_view bytes, Clock::time_point now);

  // What to poll for.
  int socket() const;
  short events() const;
  // Goes on sending and receiving; the reply to the last request, once it has come.
  std::optional<Reply> receive(Clock::time_point now);

  Node& node() const { return *node_; }

 private:
  void connect(Clock::time_point now);
  void flush(Clock::time_point now);
  // The next reply out of what was read.
  std::optional<Reply> next_reply();
  void close(std::string fault);
  void close_and_suspect(std::string fault, Clock::time_point now);

  Node* node_;
  std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
  std::string unsent_;
  std::size_t outstanding_ = 0;        // Requests without a reply.
  Clock::time_point last_progress_{};  // The first request of those, or a reply since.
  std::string fault_;
};

}  // namespace stampede::redis
