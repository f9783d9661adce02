#include "plugins/frontends/beast/session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <chrono>
#include <utility>

namespace stampede::frontends {
namespace {

namespace http = beast::http;

constexpr std::size_t kReadBytes = 8'192;
constexpr std::size_t kKeptCapacity = 65'536;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::string_view version_text(unsigned version) {
  return version == 11 ? "HTTP/1.1" : version == 10 ? "HTTP/1.0" : "HTTP/?";
}

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const auto host = endpoint.address().to_string();
  const auto port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? '[' + host + "]:" + port : host + ':' + port;
}

}  // namespace

void Exchange::send(HttpResponse response) noexcept {
  asio::dispatch(loop->context,
                 [session = session, response = std::move(response), framing = framing] {
                   if (const auto open = session.lock()) open->answer(response, framing);
                 });
}

Session::Session(Socket socket, const std::shared_ptr<Loop>& loop, const Door& door)
    : door_(door),
      loop_(loop),
      stream_(std::move(socket)),
      buffer_(door.options.max_header_bytes + door.options.max_body_bytes + kReadBytes) {
  door_.census.opened();
}

Session::~Session() {
  if (!closed_) door_.census.closed();
}

void Session::run() {
  enter_service();
  wait_for_request();
}

void Session::turn_away() {
  enter_service();
  busy_ = true;
  write(serialise(to_response(too_many_connections()), {.keep_alive = false}), false);
}

void Session::enter_service() {
  if (const auto loop = loop_.lock()) loop->sessions.insert(shared_from_this());
  beast::error_code ignored;  // A client that has left already is noticed by the first read.
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  remote_ = text_of(stream_.socket().remote_endpoint(ignored));
}

// The patience between requests ends with a request's first byte; then the request's own begins.
void Session::wait_for_request() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(door_.options.max_header_bytes));
  parser_->body_limit(door_.options.max_body_bytes);
  if (buffer_.size() > 0) return read_head();
  if (door_.stopping) return close();
  stream_.expires_after(door_.options.keep_alive_timeout);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t size) {
                            if (error) return self->close();
                            self->buffer_.commit(size);
                            self->read_head();
                          });
}

void Session::read_head() {
  stream_.expires_after(door_.options.request_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            if (error) return self->on_read_error(error);
                            self->on_head();
                          });
}

void Session::on_head() {
  if (closed_) return;
  if (const auto verdict = judge_head()) return reject(*verdict);
  if (parser_->is_done()) return dispatch();
  if (rules_->expects_continue()) return send_continue();
  read_body();
}

// Beast reads more than it should: "Content-Length: 3, 3", several Host headers, none at all.
HeadRules::Verdict Session::judge_head() {
  const auto& message = parser_->get();
  auto& rules = rules_.emplace(door_.options);
  auto verdict = rules.request_line(view(message.method_string()), view(message.target()),
                                    version_text(message.version()));
  if (verdict) return verdict;
  for (const auto& field : message) {
    verdict = rules.header(view(field.name_string()), view(field.value()));
    if (verdict) return verdict;
  }
  return rules.finish();
}

void Session::send_continue() {
  asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this()](beast::error_code error, std::size_t) {
                      if (error) return self->close();
                      self->read_body();
                    });
}

void Session::read_body() {
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](beast::error_code error, std::size_t) {
                     if (error) return self->on_read_error(error);
                     self->dispatch();
                   });
}

void Session::on_read_error(beast::error_code error) {
  const bool is_about_http =
      error.category() == http::make_error_code(http::error::end_of_stream).category();
  // Otherwise the client has left, or its time was up and the stream has closed the socket.
  if (!is_about_http || error == http::error::end_of_stream ||
      error == http::error::partial_message) {
    return close();
  }
  if (error == http::error::body_limit) return reject(body_too_large(door_.options));
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return reject(headers_too_large(door_.options));
  }
  reject(malformed("The request cannot be read: " + error.message()));
}

void Session::reject(const Rejection& rejection) {
  door_.census.malformed();
  busy_ = true;
  write(serialise(to_response(rejection), {.keep_alive = false}), false);
}

void Session::dispatch() {
  if (closed_) return;
  busy_ = true;
  stream_.expires_never();
  auto exchange = std::make_shared<Exchange>();
  exchange->loop = loop_.lock();
  exchange->session = weak_from_this();
  exchange->message = parser_->release();
  exchange->framing = rules_->framing();
  exchange->remote = remote_;
  for (const auto& field : exchange->message) {
    exchange->headers.push_back({view(field.name_string()), view(field.value())});
  }
  auto& request = exchange->request;
  const auto target = split_target(view(exchange->message.target()));
  request.method = view(exchange->message.method_string());
  request.path = target.path;
  request.query = target.query;
  request.headers = exchange->headers;
  request.body = exchange->message.body();
  request.remote = exchange->remote;
  request.received = std::chrono::steady_clock::now();
  door_.handle(request, Responder(std::move(exchange)));
}

void Session::answer(const HttpResponse& response, Framing framing) {
  if (closed_) return;
  const bool stopping = door_.stopping && buffer_.size() == 0;
  framing.keep_alive = framing.keep_alive && !response.close && !stopping;
  write(serialise(response, framing), framing.keep_alive);
}

void Session::write(std::string bytes, bool keep_alive) {
  out_ = std::move(bytes);
  keep_alive_ = keep_alive;
  write_some(0);
}

// Piece by piece, with new patience for each: a slow reader that makes progress may go on.
void Session::write_some(std::size_t written) {
  stream_.expires_after(door_.options.request_timeout);
  stream_.async_write_some(
      asio::buffer(out_.data() + written, out_.size() - written),
      [self = shared_from_this(), written](beast::error_code error, std::size_t size) {
        if (error) return self->close();
        if (written + size < self->out_.size()) return self->write_some(written + size);
        self->on_written();
      });
}

void Session::on_written() {
  out_.clear();
  if (out_.capacity() > kKeptCapacity) out_.shrink_to_fit();
  if (!keep_alive_) return linger();
  busy_ = false;
  wait_for_request();
}

void Session::linger() {
  beast::error_code ignored;  // A socket that cannot be shut down is closed by the first read.
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(Door::kLinger);
  discard_input();
}

void Session::discard_input() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            if (error) return self->close();
                            self->discard_input();
                          });
}

void Session::drain() {
  if (!busy_) close();
}

void Session::close() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();
  stream_.close();
  if (const auto loop = loop_.lock()) loop->sessions.erase(self);
  door_.census.closed();
}

}  // namespace stampede::frontends
