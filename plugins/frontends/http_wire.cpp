#include "plugins/frontends/http_wire.hpp"

#include <algorithm>

namespace stampede::frontends {
namespace {

constexpr std::size_t kMaxMethodBytes = 16;
constexpr std::size_t kMaxHeaders = 100;
constexpr std::size_t kMaxLengthDigits = 18;  // Always fits 64 bits.

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 32 || byte == 127;
}

bool stays_on_its_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return status < 400 ? "OK" : "Error";
  }
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (equal_ignoring_case(trim(list.substr(0, comma)), token)) return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

bool is_token_character(char c) {
  return c > 32 && c < 127 &&
         std::string_view(R"("(),/:;<=>?@[\]{})").find(c) == std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

Rejection malformed(std::string detail) { return {400, "MALFORMED_REQUEST", std::move(detail)}; }

Rejection uri_too_long(const HttpServerOptions& options) {
  return {414, "URI_TOO_LONG",
          "The request target exceeds " + std::to_string(options.max_uri_bytes) + " bytes"};
}

Rejection headers_too_large(const HttpServerOptions& options) {
  return {431, "HEADERS_TOO_LARGE",
          "The request's head exceeds " + std::to_string(options.max_header_bytes) + " bytes or " +
              std::to_string(kMaxHeaders) + " headers"};
}

Rejection body_too_large(const HttpServerOptions& options) {
  return {413, "BODY_TOO_LARGE",
          "The request's body exceeds " + std::to_string(options.max_body_bytes) + " bytes"};
}

Rejection request_timed_out() {
  return {408, "REQUEST_TIMEOUT", "The request did not arrive in time"};
}

Rejection too_many_connections() {
  return {503, "OVERLOADED", "The server has as many connections as it may have"};
}

HttpResponse to_response(const Rejection& rejection) {
  HttpResponse response;
  response.status = rejection.status;
  response.content_type = "application/problem+json";
  response.body = R"({"type":"about:blank","title":")";
  response.body += reason(rejection.status);
  response.body += R"(","status":)";
  response.body += std::to_string(rejection.status);
  response.body += R"(,"code":")";
  response.body += rejection.code;
  response.body += R"(","detail":")";
  response.body += rejection.detail;
  response.body += R"("})";
  if (rejection.status == 503) response.headers.emplace_back("Retry-After", "1");
  response.close = true;
  return response;
}

std::string serialise(const HttpResponse& response, Framing framing) {
  const bool may_have_body = response.status != 204 && response.status != 304;
  std::string bytes;
  bytes.reserve(256 + response.body.size());
  bytes += "HTTP/1.1 ";
  bytes += std::to_string(response.status);
  bytes += ' ';
  bytes += reason(response.status);
  if (may_have_body) {
    if (!response.content_type.empty() && stays_on_its_line(response.content_type)) {
      bytes += "\r\nContent-Type: ";
      bytes += response.content_type;
    }
    bytes += "\r\nContent-Length: ";
    bytes += std::to_string(response.body.size());
  }
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || !stays_on_its_line(value)) continue;
    bytes += "\r\n";
    bytes += name;
    bytes += ": ";
    bytes += value;
  }
  bytes +=
      framing.keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  if (may_have_body && !framing.without_body) bytes += response.body;
  return bytes;
}

Target split_target(std::string_view target) {
  const auto question = target.find('?');
  if (question == std::string_view::npos) return {target, {}};
  return {target.substr(0, question), target.substr(question + 1)};
}

HeadRules::Verdict HeadRules::request_line(std::string_view method, std::string_view target,
                                           std::string_view version) {
  if (!is_token(method) || method.size() > kMaxMethodBytes) {
    return malformed("The method is not a token of at most 16 characters");
  }
  if (target.size() > options_->max_uri_bytes) return uri_too_long(*options_);
  if (target.empty() || target[0] != '/') {
    return malformed("The request target does not begin with a slash");
  }
  if (std::ranges::any_of(target, [](char c) { return c == ' ' || is_control(c); })) {
    return malformed("The request target holds a space or a control character");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (!version.starts_with("HTTP/")) return malformed("The request line names no HTTP version");
    return Rejection{505, "HTTP_VERSION_NOT_SUPPORTED", "Only HTTP/1.1 and HTTP/1.0 are spoken"};
  }
  http_1_1_ = version == "HTTP/1.1";
  head_method_ = method == "HEAD";
  return std::nullopt;
}

HeadRules::Verdict HeadRules::header(std::string_view name, std::string_view value) {
  if (++header_count_ > kMaxHeaders) return headers_too_large(*options_);
  if (!is_token(name)) return malformed("A header's name is not a token followed by a colon");
  if (std::ranges::any_of(value, [](char c) { return c != '\t' && is_control(c); })) {
    return malformed("A header's value holds a control character");
  }
  if (equal_ignoring_case(name, "content-length")) return read_content_length(value);
  if (equal_ignoring_case(name, "transfer-encoding")) return read_transfer_encoding(value);
  if (equal_ignoring_case(name, "host")) {
    if (has_host_) return malformed("There is more than one Host header");
    has_host_ = true;
  } else if (equal_ignoring_case(name, "connection")) {
    asks_close_ = asks_close_ || has_token(value, "close");
    asks_keep_alive_ = asks_keep_alive_ || has_token(value, "keep-alive");
  } else if (equal_ignoring_case(name, "expect")) {
    expects_continue_ = equal_ignoring_case(value, "100-continue");
  }
  return std::nullopt;
}

HeadRules::Verdict HeadRules::read_content_length(std::string_view value) {
  if (content_length_) return malformed("There is more than one Content-Length header");
  if (value.empty() || !std::ranges::all_of(value, is_digit)) {
    return malformed("Content-Length is not one decimal number");
  }
  if (value.size() > kMaxLengthDigits) return body_too_large(*options_);
  std::size_t length = 0;
  for (const char c : value) length = length * 10 + static_cast<std::size_t>(c - '0');
  content_length_ = length;
  return std::nullopt;
}

HeadRules::Verdict HeadRules::read_transfer_encoding(std::string_view value) {
  if (chunked_) return malformed("There is more than one Transfer-Encoding header");
  if (!equal_ignoring_case(value, "chunked")) {
    return Rejection{501, "TRANSFER_CODING_NOT_SUPPORTED",
                     "The only transfer coding understood is chunked"};
  }
  chunked_ = true;
  return std::nullopt;
}

HeadRules::Verdict HeadRules::finish() {
  if (chunked_ && content_length_) {
    return malformed("Content-Length and Transfer-Encoding exclude each other");
  }
  if (chunked_ && !http_1_1_) return malformed("HTTP/1.0 has no Transfer-Encoding");
  if (http_1_1_ && !has_host_) return malformed("The Host header is missing");
  if (content_length() > options_->max_body_bytes) return body_too_large(*options_);
  return std::nullopt;
}

Framing HeadRules::framing() const {
  return {.keep_alive = !asks_close_ && (http_1_1_ || asks_keep_alive_),
          .without_body = head_method_};
}

}  // namespace stampede::frontends
