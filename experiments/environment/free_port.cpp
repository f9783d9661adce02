#include "experiments/environment/free_port.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

namespace stampede::environment {

namespace {

constexpr int kLowest = 10'000;  // Below are the ports that well-known servers use.
constexpr int kAttempts = 100;

// The port that was bound, and is free again; 0 and errno when it cannot be had.
int probe(int port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = ::htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = handle >= 0 &&
                     ::bind(handle, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const auto error = errno;
  if (handle >= 0) ::close(handle);
  errno = error;
  return bound ? static_cast<int>(::ntohs(address.sin_port)) : 0;
}

// Where the ports begin that the kernel gives to whoever connects.
int first_of_clients() {
  int first = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
  return first;
}

}  // namespace

Result<int> free_port() {
  thread_local std::minstd_rand random{std::random_device{}()};
  if (const auto beyond = first_of_clients(); beyond > kLowest) {
    std::uniform_int_distribution<int> any(kLowest, beyond - 1);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (const auto port = probe(any(random)); port != 0) return port;
    }
  }
  if (const auto port = probe(0); port != 0) return port;
  return fail(ErrorCode::kUnavailable, fmt::format("no free port: {}", std::strerror(errno)));
}

}  // namespace stampede::environment
