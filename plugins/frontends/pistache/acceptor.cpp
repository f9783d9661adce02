#include "plugins/frontends/pistache/acceptor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace stampede::frontends {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptedAtOnce = 64;  // Then those already connected have their turn.

// An address of either family, in the form that the socket calls take.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
  sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }

  bool parse(const std::string& address, std::uint16_t port) {
    if (::inet_pton(AF_INET, address.c_str(), &v4().sin_addr) == 1) {
      storage.ss_family = AF_INET;
      v4().sin_port = htons(port);
      size = sizeof(sockaddr_in);
      return true;
    }
    if (::inet_pton(AF_INET6, address.c_str(), &v6().sin6_addr) != 1) return false;
    storage.ss_family = AF_INET6;
    v6().sin6_port = htons(port);
    size = sizeof(sockaddr_in6);
    return true;
  }

  std::uint16_t port() {
    return ntohs(storage.ss_family == AF_INET6 ? v6().sin6_port : v4().sin_port);
  }

  std::string text() {
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (storage.ss_family == AF_INET6) {
      ::inet_ntop(AF_INET6, &v6().sin6_addr, host.data(), host.size());
      return '[' + std::string(host.data()) + "]:" + std::to_string(port());
    }
    ::inet_ntop(AF_INET, &v4().sin_addr, host.data(), host.size());
    return std::string(host.data()) + ':' + std::to_string(port());
  }
};

void turn_on(int socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket, level, option, &on, sizeof on);
}

}  // namespace

Result<Listener> listen_on(const std::string& address, std::uint16_t port) {
  const auto refuse = [&](const std::string& reason) {
    return fail(ErrorCode::kUnavailable,
                "cannot listen on " + address + ':' + std::to_string(port) + ": " + reason);
  };
  const auto last_error = [] { return std::generic_category().message(errno); };
  SocketAddress where;
  if (!where.parse(address, port)) return refuse("expected a numeric IPv4 or IPv6 address");
  FileDescriptor socket(
      ::socket(where.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return refuse(last_error());
  turn_on(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  if (::bind(socket.get(), where.get(), where.size) != 0) return refuse(last_error());
  if (::listen(socket.get(), kBacklog) != 0) return refuse(last_error());
  if (::getsockname(socket.get(), where.get(), &where.size) != 0) return refuse(last_error());
  return Listener{std::move(socket), where.port()};
}

Acceptor::Acceptor(FileDescriptor listener, std::vector<Loop*> loops, const Door& door)
    : listener_(std::move(listener)), loops_(std::move(loops)), door_(door) {}

void Acceptor::start() {
  loops_.front()->listen(listener_.get(), [this] { accept_ready(); });
}

void Acceptor::stop() {
  loops_.front()->stop_listening();
  listener_.reset();
}

void Acceptor::accept_ready() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    if (!accept_one()) return;
  }
}

bool Acceptor::accept_one() {
  SocketAddress peer;
  FileDescriptor socket(
      ::accept4(listener_.get(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) {
    const bool exhausted =
        errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (exhausted) loops_.front()->pause_listening();
    return false;
  }
  const auto open = door_.census.connections();
  const bool over = open >= door_.options.max_connections;
  if (over) door_.census.refused();
  if (open >= door_.options.max_connections + Door::kMaxTurnedAway) return true;
  turn_on(socket.get(), IPPROTO_TCP, TCP_NODELAY);
  auto connection = std::make_shared<Connection>(std::move(socket), peer.text(), door_);
  auto& loop = *loops_[turn_++ % loops_.size()];
  if (&loop == loops_.front()) {
    loop.add(std::move(connection), over);
  } else {
    loop.post([&loop, connection = std::move(connection), over] { loop.add(connection, over); });
  }
  return true;
}

}  // namespace stampede::frontends
