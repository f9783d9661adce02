// One client's connection: reads and frames requests, hands them to the handler one at a time, and
// writes the answers in order.
//
// Input is read, and the handler called, by the connection's loop only. answer() comes from any
// thread and writes at once from there; what the socket does not take, the loop writes later. The
// mutex guards everything that both touch. Only the loop closes the socket, so that its number is
// never another connection's while somebody here still uses it.
//
// Owned by its loop while open, and by the exchange in flight, which may outlive the server: after
// close() neither the loop nor the door is touched.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/api/http_server.hpp"
#include "plugins/frontends/census.hpp"
#include "plugins/frontends/http_wire.hpp"
#include "plugins/frontends/pistache/file_descriptor.hpp"
#include "plugins/frontends/pistache/framer.hpp"

namespace stampede::frontends {

class Connection;
class Loop;

// One request with the bytes it is made of, until it is answered.
struct Exchange final : Responder::Sink {
  explicit Exchange(std::shared_ptr<Connection> owner) : connection(std::move(owner)) {}
  void send(HttpResponse response) noexcept override;

  std::shared_ptr<Connection> connection;
  std::string buffer;
  std::vector<HttpHeader> headers;
  HttpRequest request;
  Framing framing;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  struct Ready {
    bool readable = false;
    bool writable = false;
    bool hung_up = false;
  };

  // Counts itself in the census, from here to close().
  Connection(FileDescriptor socket, std::string remote, const Door& door);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The following are for the loop's thread. A result of false says: close me.

  // Called once, before anything else.
  void attach(Loop& loop, std::uint64_t tag);
  int socket() const { return socket_.get(); }
  std::uint64_t tag() const { return tag_; }

  [[nodiscard]] bool on_ready(Ready ready);
  // Serves input that is here already.
  [[nodiscard]] bool serve();
  // Enforces the deadline; answers when to look again, or nothing: close me.
  [[nodiscard]] std::optional<Clock::time_point> check(Clock::time_point now);
  // Answers 503 and hangs up; instead of serving.
  void turn_away();
  // The server stops: true while an answer is still due or on its way.
  [[nodiscard]] bool is_busy();
  void close();

  // From any thread.
  void answer(Exchange& exchange, const HttpResponse& response);

 private:
  enum class Phase : std::uint8_t {
    kIdle,       // Between requests.
    kReading,    // A request has begun to arrive.
    kHandling,   // The handler has it.
    kWriting,    // An answer is on its way.
    kLingering,  // All was sent and the client was told; waiting for it to close.
    kBroken,     // The socket failed; the loop has yet to close it.
    kClosed,
  };

  // All of these hold mutex_.
  std::shared_ptr<Exchange> next_request();
  std::shared_ptr<Exchange> take_request();
  void wait_for_more();
  void reject(const Rejection& rejection);
  void write(std::string bytes, bool keep_alive);
  void flush();
  void linger();
  void fail();
  void update_interest();
  void enter(Phase phase, std::chrono::milliseconds patience);

  [[nodiscard]] bool read_some();

  const Door& door_;
  const std::string remote_;
  Loop* loop_ = nullptr;
  std::uint64_t tag_ = 0;
  Framer framer_;  // The loop's alone.

  std::mutex mutex_;
  FileDescriptor socket_;
  Phase phase_ = Phase::kIdle;
  Clock::time_point deadline_;
  std::string in_;     // Input not yet taken by an exchange.
  std::string spare_;  // The last exchange's buffer, to be used again.
  std::string out_;
  std::size_t written_ = 0;  // How much of out_ is.
  bool close_after_write_ = false;
  bool end_of_input_ = false;  // The client closed its half.
  bool done_ = false;          // Nothing more to do here: the loop closes.
  bool dispatching_ = false;   // The loop is in serve() and will look for the next request itself.
  bool wants_read_ = true;
  bool wants_write_ = false;
};

}  // namespace stampede::frontends
