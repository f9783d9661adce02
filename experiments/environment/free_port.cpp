#include "experiments/environment/free_port.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stampede::environment {

Result<int> free_port() {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = handle >= 0 &&
                     ::bind(handle, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const auto error = errno;
  if (handle >= 0) ::close(handle);
  if (bound) return static_cast<int>(::ntohs(address.sin_port));
  return fail(ErrorCode::kUnavailable, fmt::format("no free port: {}", std::strerror(error)));
}

}  // namespace stampede::environment
