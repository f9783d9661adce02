// What HTTP/1.1 looks like on the wire, shared by the front doors: the strict rules for a request's
// head, the answers a server gives by itself, and responses as bytes. Pure functions and plain
// values; nothing here touches a socket.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/http_server.hpp"

namespace stampede::frontends {

// ASCII only, as header names are.
bool equal_ignoring_case(std::string_view a, std::string_view b);

// Whether a comma-separated list such as "keep-alive, Upgrade" names `token`.
bool has_token(std::string_view list, std::string_view token);

// The characters of a method or a header name (RFC 9110, section 5.6.2).
bool is_token_character(char c);
bool is_token(std::string_view text);

std::string_view trim(std::string_view text);

// Why the server itself refuses a request. `code` is stable, for programs; `detail` is for people.
struct Rejection {
  int status;
  std::string_view code;
  std::string detail;
};

Rejection malformed(std::string detail);
Rejection uri_too_long(const HttpServerOptions& options);
Rejection headers_too_large(const HttpServerOptions& options);
Rejection body_too_large(const HttpServerOptions& options);
Rejection request_timed_out();
Rejection too_many_connections();

// The rejection as problem details (RFC 9457).
HttpResponse to_response(const Rejection& rejection);

struct Framing {
  bool keep_alive = true;
  bool without_body = false;  // The answer to a HEAD request.
};

// Headers that would break out of their line are left out: a response split in two is worse.
std::string serialise(const HttpResponse& response, Framing framing);

struct Target {
  std::string_view path;
  std::string_view query;
};
Target split_target(std::string_view target);

// Judges the head of one request, line by line, by rules under which two readers cannot disagree
// on where the request ends. Feed the request line, then each header, then call finish().
class HeadRules {
 public:
  using Verdict = std::optional<Rejection>;  // Nothing: so far so good.

  explicit HeadRules(const HttpServerOptions& options) : options_(&options) {}

  // `version` is the whole "HTTP/1.1".
  Verdict request_line(std::string_view method, std::string_view target, std::string_view version);
  Verdict header(std::string_view name, std::string_view value);
  Verdict finish();

  bool chunked() const { return chunked_; }
  std::size_t content_length() const { return content_length_.value_or(0); }
  bool expects_continue() const { return expects_continue_; }
  Framing framing() const;

 private:
  Verdict read_content_length(std::string_view value);
  Verdict read_transfer_encoding(std::string_view value);

  const HttpServerOptions* options_;
  std::optional<std::size_t> content_length_;
  std::size_t header_count_ = 0;
  bool http_1_1_ = false;
  bool head_method_ = false;
  bool chunked_ = false;
  bool has_host_ = false;
  bool asks_close_ = false;
  bool asks_keep_alive_ = false;
  bool expects_continue_ = false;
};

}  // namespace stampede::frontends
