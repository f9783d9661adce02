#include "plugins/redis/link.hpp"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace stampede::redis {

void Link::prepare(Clock::time_point now, std::chrono::nanoseconds patience, bool may_connect) {
  if (context_) {
    const bool was_idle = outstanding_ == 0;
    const auto late = receive(now);
    if (context_ && was_idle && (late || context_->reader->pos != context_->reader->len)) {
      close("the server sent what nobody asked for");
    }
    if (context_ && outstanding_ > 0 && now - last_progress_ > patience) {
      close_and_suspect("no answer for too long", now);
    }
  }
  if (!context_ && may_connect) connect(now);
}

void Link::connect(Clock::time_point now) {
  const auto& address = node_->address();
  context_ = {redisConnectNonBlock(address.host.c_str(), address.port), redisFree};
  if (!context_) return close("out of memory");
  if (context_->err != 0) return close_and_suspect(context_->errstr, now);
  const int on = 1;
  ::setsockopt(context_->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // Slower without, no more.
  ::fcntl(context_->fd, F_SETFD, FD_CLOEXEC);
  unsent_ = node_->greeting().bytes;
  outstanding_ = node_->greeting().requests;
  last_progress_ = now;
}

void Link::send(std::string_view bytes, Clock::time_point now) {
  if (outstanding_++ == 0) last_progress_ = now;
  unsent_ += bytes;
  flush(now);
}

// Not redisBufferWrite(), which raises SIGPIPE when the server has hung up: how the process treats
// signals is not a plugin's to decide.
void Link::flush(Clock::time_point now) {
  while (!unsent_.empty()) {
    const auto sent =
        ::send(context_->fd, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      unsent_.erase(0, static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;  // Also while the connection is being made.
    } else if (errno != EINTR) {
      return close_and_suspect(std::strerror(errno), now);  // NOLINT(concurrency-mt-unsafe)
    }
  }
}

int Link::socket() const { return context_->fd; }

short Link::events() const {
  return static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT);
}

std::optional<Reply> Link::receive(Clock::time_point now) {
  flush(now);
  if (!context_) return std::nullopt;
  // While the connection is being made there is nothing to read, and asking is an error.
  if (outstanding_ > 0 && !unsent_.empty()) return std::nullopt;
  if (redisBufferRead(context_.get()) != REDIS_OK) {
    close(context_->errstr);
    return std::nullopt;
  }
  while (auto reply = next_reply()) {
    node_->trust();
    last_progress_ = now;
    if (outstanding_ == 0) return reply;  // Nobody asked for it.
    if (--outstanding_ > 0) continue;     // Owed to a request that is given up.
    if (context_->reader->pos == context_->reader->len) return reply;
    close("the server sent more than one reply");
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Reply> Link::next_reply() {
  if (!context_) return std::nullopt;
  void* read = nullptr;
  if (redisGetReplyFromReader(context_.get(), &read) != REDIS_OK) {
    close(context_->errstr);
    return std::nullopt;
  }
  if (read == nullptr) return std::nullopt;
  const std::unique_ptr<redisReply, void (*)(void*)> reply(static_cast<redisReply*>(read),
                                                           freeReplyObject);
  return Reply::from(*reply);
}

void Link::close(std::string fault) {
  context_.reset();
  unsent_.clear();
  outstanding_ = 0;
  fault_ = std::move(fault);
}

void Link::close_and_suspect(std::string fault, Clock::time_point now) {
  close(std::move(fault));
  node_->suspect(now);
}

}  // namespace stampede::redis
