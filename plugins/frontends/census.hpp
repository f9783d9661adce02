// How many connections a server has, has refused, and how many requests it rejected by itself.
// Safe for concurrent use. It lives as long as the server object, across stop() and start().

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "core/api/http_server.hpp"

namespace stampede::frontends {

class Census {
 public:
  void opened() { ++connections_; }
  void closed() {
    if (--connections_ != 0) return;
    const std::lock_guard lock(mutex_);
    became_empty_.notify_all();
  }
  void refused() { ++refused_; }
  void malformed() { ++malformed_; }

  std::size_t connections() const { return static_cast<std::size_t>(connections_.load()); }

  // Waits until no connection is left; false when some still are at the deadline.
  bool wait_until_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return became_empty_.wait_until(lock, deadline, [this] { return connections_ == 0; });
  }

  HttpServerStats stats() const {
    return {.connections = connections_, .refused = refused_, .malformed = malformed_};
  }

 private:
  std::atomic<std::int64_t> connections_{0};
  std::atomic<std::int64_t> refused_{0};
  std::atomic<std::int64_t> malformed_{0};
  std::mutex mutex_;
  std::condition_variable became_empty_;
};

// What the parts of one running server share. It outlives its I/O threads.
struct Door {
  const HttpServerOptions options;
  const HttpHandler handler;
  Census& census;
  std::atomic<bool> stopping{false};

  // After the last byte was sent, how long to wait for the client to close: closing at once, with
  // input unread, would reset the connection and could destroy the answer on its way.
  static constexpr std::chrono::milliseconds kLinger{1'000};

  // How many connections over the limit are told so; further ones are closed without a word.
  static constexpr std::size_t kMaxTurnedAway = 128;

  // Hands a request over. Whatever a handler throws ends here: its Responder, destroyed on the way,
  // has answered 500 by then.
  void handle(const HttpRequest& request, Responder responder) const noexcept {
    try {
      handler(request, std::move(responder));
    } catch (...) {
    }
  }
};

}  // namespace stampede::frontends
