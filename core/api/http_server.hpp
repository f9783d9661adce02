// The public HTTP/1.1 door, as a contract that several libraries can fulfil. The server owns the
// sockets and the parsing; the handler owns everything else.
//
// The handler is called on one of the server's I/O threads and must not block there: it answers at
// once, or moves the Responder away and answers later, from any thread. At most one request of a
// connection is with the handler at any time; pipelined ones wait their turn.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/result.hpp"

namespace stampede {

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

// Views into the connection's buffer, valid until the Responder that came with it has answered or
// is destroyed, even when the client has left by then.
struct HttpRequest {
  std::string_view method;
  std::string_view path;   // Still percent-encoded, without the query; starts with '/'.
  std::string_view query;  // Still percent-encoded, without the '?'.
  std::span<const HttpHeader> headers;
  std::string_view body;                           // Whole, also when it came chunked.
  std::string_view remote;                         // "127.0.0.1:54321".
  std::chrono::steady_clock::time_point received;  // When its last byte had been read.

  // Case-insensitive; "" when absent.
  std::string_view header(std::string_view name) const {
    for (const auto& header : headers) {
      if (equal_ignoring_case(header.name, name)) return header.value;
    }
    return {};
  }

 private:
  static bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
  }
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;  // Close the connection after this response.
};

// The right, and the duty, to answer one request once. Move-only; thread-safe in the sense that
// whichever thread holds it may answer. Destroyed without an answer, it answers 500.
class Responder {
 public:
  // Implemented by the server, one for each request. `send` is called exactly once.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void send(HttpResponse response) noexcept = 0;
  };

  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    abandon();
    sink_ = std::move(other.sink_);
    return *this;
  }
  ~Responder() { abandon(); }

  // After this the request's views are gone. A second call does nothing.
  void send(HttpResponse response) noexcept {
    if (const auto sink = std::exchange(sink_, nullptr)) sink->send(std::move(response));
  }

 private:
  void abandon() noexcept {
    if (sink_) {
      send({.status = 500,
            .body = R"({"title":"The request was dropped","status":500,"code":"INTERNAL"})",
            .content_type = "application/problem+json",
            .headers = {},
            .close = false});
    }
  }

  std::shared_ptr<Sink> sink_;
};

using HttpHandler = std::function<void(const HttpRequest&, Responder)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see HttpServer::port().
  unsigned io_threads = 1;
  std::size_t max_connections = 20'000;  // Further ones get a 503 and are closed.
  std::size_t max_uri_bytes = 2'048;
  std::size_t max_header_bytes = 16'384;
  std::size_t max_body_bytes = 65'536;
  std::chrono::milliseconds keep_alive_timeout{75'000};  // Between requests.
  std::chrono::milliseconds request_timeout{10'000};  // First byte to last, and to write a reply.
  std::chrono::milliseconds drain_timeout{10'000};    // What stop() gives those in flight.
};

struct HttpServerStats {
  std::int64_t connections = 0;  // Open now.
  std::int64_t refused = 0;      // Over max_connections, since the start.
  std::int64_t malformed = 0;    // Requests answered 4xx or 5xx by the server itself.
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;  // Calls stop().

  // Listens and returns. kUnavailable with the address and the reason when it cannot.
  virtual Result<void> start(const HttpServerOptions& options, HttpHandler handler) = 0;
  virtual std::uint16_t port() const = 0;

  // Stops accepting, lets requests in flight be answered until the drain timeout, then closes.
  // Idempotent. A Responder may outlive it; its answer then goes nowhere.
  virtual void stop() noexcept = 0;

  virtual HttpServerStats stats() const = 0;
};

}  // namespace stampede
