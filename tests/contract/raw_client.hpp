// A blocking HTTP client made of one socket, for tests: it sends exactly the bytes it is told to,
// and sees exactly what comes back. Every wait ends at a deadline. Not safe for concurrent use.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace stampede::testing {

struct RawResponse {
  int status = 0;
  std::string head;  // The status line and the headers.
  std::string body;

  // "" when absent; the name is matched as the servers write it.
  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto value = at + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  }
};

class RawClient {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{20};

  struct Options {
    int receive_buffer = 0;  // Bytes; 0 leaves it to the system.
  };

  RawClient() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  explicit RawClient(std::uint16_t port) : RawClient(port, Options{}) {}
  RawClient(std::uint16_t port, Options options) : RawClient() {
    if (options.receive_buffer > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer,
                   sizeof options.receive_buffer);
    }
    connect(port);
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), input_(std::move(other.input_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  bool connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // So that a server which stopped reading cannot hang a test.
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  // Drops the connection with a reset instead of an orderly end.
  void reset() {
    const linger abrupt{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    close();
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  // False when the server no longer takes it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  // The next final response; nothing when the connection ended first or the patience did.
  std::optional<RawResponse> receive(Clock::duration patience = kPatience) {
    return receive(patience, true);
  }
  // The next response of a HEAD request, or an interim one: no body, whatever the length says.
  std::optional<RawResponse> receive_head(Clock::duration patience = kPatience) {
    return receive(patience, false);
  }

  // Whether the server closes within the patience; input until then is kept.
  bool wait_closed(Clock::duration patience = kPatience) {
    const auto deadline = Clock::now() + patience;
    for (;;) {
      const auto got = fill(deadline);
      if (got == Got::kEnd) return true;
      if (got == Got::kNothing) return false;
    }
  }

  // Received and not yet returned as a response.
  const std::string& input() const { return input_; }

 private:
  enum class Got { kBytes, kEnd, kNothing };

  Got fill(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    if (left.count() < 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) {
      return Got::kNothing;
    }
    std::array<char, 65536> bytes;
    const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size <= 0) return Got::kEnd;  // A reset is an end, too.
    input_.append(bytes.data(), static_cast<std::size_t>(size));
    return Got::kBytes;
  }

  std::optional<RawResponse> receive(Clock::duration patience, bool with_body) {
    const auto deadline = Clock::now() + patience;
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (fill(deadline) != Got::kBytes) return std::nullopt;
    }
    RawResponse response;
    response.head = input_.substr(0, end + 2);
    response.status = std::atoi(response.head.c_str() + sizeof "HTTP/1.1");
    input_.erase(0, end + 4);
    if (!with_body) return response;
    const auto size =
        static_cast<std::size_t>(std::atoll(response.header("Content-Length").c_str()));
    while (input_.size() < size) {
      if (fill(deadline) != Got::kBytes) return std::nullopt;
    }
    response.body = input_.substr(0, size);
    input_.erase(0, size);
    return response;
  }

  int socket_ = -1;
  std::string input_;
};

inline std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
}

inline std::string post(const std::string& target, const std::string& body,
                        const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: test\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace stampede::testing
