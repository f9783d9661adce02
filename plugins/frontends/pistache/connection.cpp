#include "plugins/frontends/pistache/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "plugins/frontends/pistache/loop.hpp"

namespace stampede::frontends {
namespace {

// Input taken in beyond the request that is being answered. More waits in the kernel, where it
// slows its sender down.
constexpr std::size_t kReadAhead = 16'384;

// A buffer that a large request or answer has grown is not kept.
constexpr std::size_t kKeptCapacity = 65'536;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool is_temporary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

void Exchange::send(HttpResponse response) noexcept { connection->answer(*this, response); }

Connection::Connection(FileDescriptor socket, std::string remote, const Door& door)
    : door_(door),
      remote_(std::move(remote)),
      framer_(door.options),
      socket_(std::move(socket)),
      deadline_(Clock::now() + door.options.request_timeout) {
  door_.census.opened();
}

// Closed by its loop, unless it never got there.
Connection::~Connection() {
  if (phase_ != Phase::kClosed) door_.census.closed();
}

void Connection::attach(Loop& loop, std::uint64_t tag) {
  loop_ = &loop;
  tag_ = tag;
}

bool Connection::on_ready(Ready ready) {
  // Without any of these, what is ready is an error.
  if (ready.hung_up || (!ready.readable && !ready.writable)) return false;
  if (ready.writable) {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kWriting) flush();
  }
  if (ready.readable && !read_some()) return false;
  return serve();
}

bool Connection::read_some() {
  const auto scratch = loop_->scratch();
  const auto size = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
  const int error = errno;
  const std::lock_guard lock(mutex_);
  if (size > 0) {
    const bool discards = phase_ == Phase::kLingering || phase_ == Phase::kBroken;
    if (!discards) in_.append(scratch.data(), static_cast<std::size_t>(size));
    return true;
  }
  if (size < 0) return is_temporary(error);
  // A client may close its half and still wait for the answers it is owed, also to requests that
  // are here and have not begun: serve() knows when there is nothing left.
  end_of_input_ = true;
  return phase_ != Phase::kLingering && phase_ != Phase::kBroken;
}

bool Connection::serve() {
  for (;;) {
    std::shared_ptr<Exchange> exchange;
    {
      const std::lock_guard lock(mutex_);
      dispatching_ = false;
      exchange = next_request();
      if (!exchange) {
        update_interest();
        return !done_;
      }
      dispatching_ = true;
    }
    const auto& request = exchange->request;
    door_.handle(request, Responder(std::move(exchange)));
  }
}

std::shared_ptr<Exchange> Connection::next_request() {
  if (phase_ != Phase::kIdle && phase_ != Phase::kReading) return nullptr;
  if (in_.empty()) {
    done_ = end_of_input_;
    return nullptr;
  }
  switch (framer_.step(in_)) {
    case Framer::Step::kComplete:
      return take_request();
    case Framer::Step::kMalformed:
      reject(framer_.rejection());
      return nullptr;
    case Framer::Step::kNeedMore:
      wait_for_more();
      return nullptr;
  }
  return nullptr;
}

std::shared_ptr<Exchange> Connection::take_request() {
  auto exchange = std::make_shared<Exchange>(shared_from_this());
  if (framer_.consumed() == in_.size()) {
    exchange->buffer.swap(in_);
    in_.swap(spare_);
  } else {
    exchange->buffer.assign(in_, 0, framer_.consumed());
    in_.erase(0, framer_.consumed());
  }
  framer_.describe(exchange->buffer, exchange->headers, exchange->request);
  exchange->framing = framer_.framing();
  framer_.reset();
  exchange->request.remote = remote_;
  exchange->request.received = Clock::now();
  phase_ = Phase::kHandling;
  return exchange;
}

void Connection::wait_for_more() {
  if (end_of_input_) {
    done_ = true;
    return;
  }
  if (phase_ != Phase::kReading) enter(Phase::kReading, door_.options.request_timeout);
  if (!framer_.take_continue()) return;
  const auto size =
      ::send(socket_.get(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (size != static_cast<ssize_t>(kContinue.size())) fail();
}

void Connection::answer(Exchange& exchange, const HttpResponse& response) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kHandling) return;  // The client has left, or the server.
  if (exchange.buffer.capacity() <= kKeptCapacity) {
    spare_.swap(exchange.buffer);
    spare_.clear();
  }
  const bool stopping = door_.stopping && in_.empty();
  auto framing = exchange.framing;
  framing.keep_alive = framing.keep_alive && !response.close && !stopping;
  write(serialise(response, framing), framing.keep_alive);
  const bool more_to_do = phase_ == Phase::kIdle && (!in_.empty() || end_of_input_);
  if (more_to_do && !dispatching_) {
    loop_->post([loop = loop_, self = shared_from_this()] { loop->resume(*self); });
  }
}

void Connection::reject(const Rejection& rejection) {
  door_.census.malformed();
  write(serialise(to_response(rejection), {.keep_alive = false}), false);
}

void Connection::turn_away() {
  const std::lock_guard lock(mutex_);
  write(serialise(to_response(too_many_connections()), {.keep_alive = false}), false);
}

void Connection::write(std::string bytes, bool keep_alive) {
  out_ = std::move(bytes);
  written_ = 0;
  close_after_write_ = !keep_alive;
  enter(Phase::kWriting, door_.options.request_timeout);
  flush();
}

void Connection::flush() {
  while (written_ < out_.size()) {
    const auto size = ::send(socket_.get(), out_.data() + written_, out_.size() - written_,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      written_ += static_cast<std::size_t>(size);
      continue;
    }
    if (errno == EINTR) continue;
    if (!is_temporary(errno)) return fail();
    // Each time the socket was full counts anew: a slow reader that makes progress may go on.
    enter(Phase::kWriting, door_.options.request_timeout);
    return update_interest();
  }
  out_.clear();
  if (out_.capacity() > kKeptCapacity) out_.shrink_to_fit();
  if (close_after_write_ || (door_.stopping && in_.empty())) return linger();
  enter(Phase::kIdle, door_.options.keep_alive_timeout);
}

void Connection::linger() {
  ::shutdown(socket_.get(), SHUT_WR);
  in_.clear();
  enter(Phase::kLingering, Door::kLinger);
  update_interest();
}

// The socket is then ready with a hang-up, whatever else is asked of it, and the loop closes it.
void Connection::fail() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  enter(Phase::kBroken, {});
}

void Connection::update_interest() {
  const bool in_service = phase_ == Phase::kHandling || phase_ == Phase::kWriting;
  const bool reads = !end_of_input_ && !(in_service && in_.size() >= kReadAhead);
  const bool writes = phase_ == Phase::kWriting;
  if (phase_ == Phase::kClosed || (reads == wants_read_ && writes == wants_write_)) return;
  wants_read_ = reads;
  wants_write_ = writes;
  loop_->watch(socket_.get(), tag_, {.read = reads, .write = writes});
}

void Connection::enter(Phase phase, std::chrono::milliseconds patience) {
  phase_ = phase;
  deadline_ = Clock::now() + patience;
}

std::optional<Connection::Clock::time_point> Connection::check(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kHandling) return Clock::time_point::max();
  if (now < deadline_) return deadline_;
  if (phase_ != Phase::kReading) return std::nullopt;
  reject(request_timed_out());
  return deadline_;
}

bool Connection::is_busy() {
  const std::lock_guard lock(mutex_);
  // Idle with input means that the loop is about to serve it.
  return phase_ == Phase::kHandling || phase_ == Phase::kWriting || phase_ == Phase::kLingering ||
         (phase_ == Phase::kIdle && !in_.empty());
}

void Connection::close() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  loop_->unwatch(socket_.get());
  socket_.reset();
  door_.census.closed();
}

}  // namespace stampede::frontends
