// Independent Redis servers that are asked all at once. Requests are written to all of them, then
// whichever answers first is read first, until the caller has heard enough: servers that are slow
// or gone cost nothing as long as the others suffice.
//
// Each caller borrows a Session, one connection to each server; sessions are kept for the next
// caller, so that there are as many as callers at the same time. Nodes is safe for concurrent use
// and outlives its sessions; a Session belongs to one thread at a time.

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/api/operation.hpp"
#include "plugins/redis/address.hpp"
#include "plugins/redis/link.hpp"
#include "plugins/redis/message.hpp"

namespace stampede::redis {

// What one server answered. Without a reply, `fault` says why, or is empty while it is not known.
struct Answer {
  std::optional<Reply> reply;
  std::string fault;
};
using Answers = std::span<const Answer>;

class Nodes {
 public:
  static constexpr std::size_t kMost = 9;

  // `timeout`: how long a server may take to answer. `scripts` are taught to each server as soon as
  // it is connected to. At most kMost addresses. Does not connect.
  Nodes(std::vector<Address> addresses, std::chrono::nanoseconds timeout,
        std::span<const Script* const> scripts);
  ~Nodes();
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  class Session;
  Session borrow();

  std::size_t size() const { return nodes_.size(); }
  std::size_t majority() const { return nodes_.size() / 2 + 1; }

  // "127.0.0.1:7001: Connection refused; ..." of those that did not answer as they should.
  std::string faults(Answers answers) const;

 private:
  struct Links;

  const std::chrono::nanoseconds timeout_;
  std::deque<Node> nodes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Links>> idle_;
};

class Nodes::Session {
 public:
  Session(Session&&) noexcept;
  Session& operator=(Session&&) = delete;
  ~Session();

  // Sends the request to every server that can be reached and returns when `enough` says so, when
  // there is nothing left to wait for, or at the deadline. One answer for each server, in order,
  // until the next ask(). Servers run the request at most once.
  //
  // A request that was not answered by then may still be run, before any that follows in this
  // session.
  Answers ask(const Request& request, Deadline deadline,
              const std::function<bool(Answers)>& enough);

 private:
  friend Nodes;
  Session(Nodes& nodes, std::unique_ptr<Links> links);

  Nodes* nodes_;
  std::unique_ptr<Links> links_;
};

}  // namespace stampede::redis
