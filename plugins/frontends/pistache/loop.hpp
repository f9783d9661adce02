// One I/O thread's event loop, on Pistache's reactor: tells connections when their sockets are
// ready, keeps their deadlines, and runs what other threads post.
//
// Pistache's own transport is not used. It queues responses by the number of the file descriptor,
// so that one client can receive what was meant for another that has left, and it throws out of
// the thread on errors that a client can cause. From the reactor comes the readiness; every byte
// is read and written by Connection.
//
// post() and watch() may be called from any thread, the rest from the loop's own. The reactor
// shares ownership; the loop lives until its thread has been joined.

#pragma once

#include <pistache/reactor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "plugins/frontends/census.hpp"
#include "plugins/frontends/pistache/connection.hpp"
#include "plugins/frontends/pistache/file_descriptor.hpp"

namespace stampede::frontends {

struct Interest {
  bool read = false;
  bool write = false;
};

class Loop final : public Pistache::Aio::Handler {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws std::system_error when the system has no descriptor left.
  explicit Loop(const Door& door);

  void post(std::function<void()> task);
  void watch(int socket, std::uint64_t tag, Interest interest);

  void unwatch(int socket);
  // Takes the connection into service; `turned_away` ones only to be told so.
  void add(std::shared_ptr<Connection> connection, bool turned_away);
  // Serves what the connection has read, after another thread answered.
  void resume(Connection& connection);
  // Closes the connections that have nothing to wait for, and later ones as they become so.
  void drain();
  // For the thread that joined the loop's.
  void close_all();

  // Calls `on_ready` when the listening socket has a connection to accept.
  void listen(int socket, std::function<void()> on_ready);
  // Looks away from the listening socket for a while.
  void pause_listening();
  void stop_listening();

  // A buffer to read into; its contents are the caller's until it returns to the loop.
  std::span<char> scratch() { return scratch_; }

  // Called by the reactor.
  void onReady(const Pistache::Aio::FdSet& ready) override;
  void registerPoller(Pistache::Polling::Epoll& poller) override;
  // Only the reactor's multi-threaded context clones; here each loop has a reactor to itself.
  std::shared_ptr<Pistache::Aio::Handler> clone() const override { return nullptr; }

 private:
  static constexpr std::uint64_t kWakeTag = 0;
  static constexpr std::uint64_t kTimerTag = 1;
  static constexpr std::uint64_t kListenerTag = 2;
  static constexpr std::uint64_t kFirstConnectionTag = 3;

  void run_posted();
  void on_connection(std::uint64_t tag, Connection::Ready ready);
  void close(std::uint64_t tag);
  void check_deadlines();
  void check(std::uint64_t tag, Clock::time_point now);
  void arm_timer();

  const Door& door_;
  const std::chrono::milliseconds horizon_;
  FileDescriptor wake_;
  FileDescriptor timer_;
  std::vector<char> scratch_;

  // Tags are never used twice, so a late event cannot reach another connection.
  std::uint64_t next_tag_ = kFirstConnectionTag;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;

  // When to look at whom. Each connection has one entry, at most `horizon_` ahead; as no patience
  // is shorter than that, a deadline set in the meantime, by any thread, is not missed, and setting
  // one costs nothing.
  std::multimap<Clock::time_point, std::uint64_t> checks_;
  Clock::time_point armed_ = Clock::time_point::max();

  int listener_ = -1;
  std::function<void()> on_acceptable_;

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace stampede::frontends
