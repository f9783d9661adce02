// One client's connection on Boost.Beast, and the I/O thread it lives on.
//
// A session never leaves its loop's thread, so it needs no lock; only Exchange::send() comes from
// other threads, and posts there. Open sessions are owned by their loop. An exchange keeps the loop
// alive, but not the session: an answer that comes too late finds nobody and goes nowhere.

#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/rate_policy.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "core/api/http_server.hpp"
#include "plugins/frontends/census.hpp"
#include "plugins/frontends/http_wire.hpp"

namespace stampede::frontends {

namespace asio = boost::asio;
namespace beast = boost::beast;

class Session;

struct Loop {
  using Executor = asio::io_context::executor_type;

  Loop() = default;
  ~Loop() {
    if (!thread.joinable()) return;
    context.stop();
    thread.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Destroyed after the context, whose last handlers may still name sessions.
  std::unordered_set<std::shared_ptr<Session>> sessions;
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  std::thread thread;
};

// One request, until it is answered.
struct Exchange final : Responder::Sink {
  void send(HttpResponse response) noexcept override;

  std::shared_ptr<Loop> loop;
  std::weak_ptr<Session> session;
  beast::http::request<beast::http::string_body> message;
  std::vector<HttpHeader> headers;
  std::string remote;
  HttpRequest request;
  Framing framing;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Socket = asio::basic_stream_socket<asio::ip::tcp, Loop::Executor>;

  // Counts itself in the census, until it is closed.
  Session(Socket socket, const std::shared_ptr<Loop>& loop, const Door& door);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // All on the loop's thread.
  void run();
  // Instead of run(): answers 503 and hangs up.
  void turn_away();
  void answer(const HttpResponse& response, Framing framing);
  // The server stops: closes now unless an answer is due or on its way.
  void drain();
  void close();

 private:
  using Stream = beast::basic_stream<asio::ip::tcp, Loop::Executor, beast::unlimited_rate_policy>;
  using Parser = beast::http::request_parser<beast::http::string_body>;

  void enter_service();
  void wait_for_request();
  void read_head();
  void on_head();
  HeadRules::Verdict judge_head();
  void send_continue();
  void read_body();
  void dispatch();
  void on_read_error(beast::error_code error);
  void reject(const Rejection& rejection);
  void write(std::string bytes, bool keep_alive);
  void write_some(std::size_t written);
  void on_written();
  void linger();
  void discard_input();

  const Door& door_;
  const std::weak_ptr<Loop> loop_;  // Alive while the session is open.
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<HeadRules> rules_;
  std::string remote_;
  std::string out_;
  bool keep_alive_ = true;
  bool busy_ = false;  // An answer is due, or on its way, or its end is awaited.
  bool closed_ = false;
};

}  // namespace stampede::frontends
