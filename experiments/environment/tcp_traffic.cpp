#include "experiments/environment/tcp_traffic.hpp"

#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "core/config/text.hpp"

namespace stampede::environment {

namespace {

using TrafficByInode = std::unordered_map<std::uint64_t, Traffic>;

constexpr timeval kAnswerTimeout{.tv_sec = 1, .tv_usec = 0};

// The kernel's macros cast as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"

bool ask(int handle, unsigned char family) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_ext = 1U << (INET_DIAG_INFO - 1U);
  message.request.idiag_states = ~0U;
  return ::send(handle, &message, sizeof message, 0) == static_cast<ssize_t>(sizeof message);
}

void note(const nlmsghdr& header, TrafficByInode& traffic) {
  const auto& socket = *static_cast<const inet_diag_msg*>(NLMSG_DATA(&header));
  auto left = static_cast<int>(header.nlmsg_len - NLMSG_LENGTH(sizeof socket));
  const auto* attribute = reinterpret_cast<const rtattr*>(&socket + 1);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != INET_DIAG_INFO) continue;
    tcp_info info{};  // An older kernel tells less of it.
    std::memcpy(&info, RTA_DATA(attribute), std::min(sizeof info, RTA_PAYLOAD(attribute)));
    traffic[socket.idiag_inode] = {static_cast<std::int64_t>(info.tcpi_bytes_received),
                                   static_cast<std::int64_t>(info.tcpi_bytes_acked)};
  }
}

// False at the end of the answer, or when there is none.
bool take_part(int handle, TrafficByInode& traffic) {
  alignas(nlmsghdr) std::array<char, 32'768> buffer;
  const auto size = ::recv(handle, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  auto left = static_cast<unsigned>(size);
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
  for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
    if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) return false;
    note(*header, traffic);
  }
  return true;
}

#pragma GCC diagnostic pop

}  // namespace

TrafficByInode tcp_traffic() {
  TrafficByInode traffic;
  const int handle = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (handle < 0) return traffic;
  ::setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof kAnswerTimeout);
  for (const auto family : {AF_INET, AF_INET6}) {
    if (!ask(handle, static_cast<unsigned char>(family))) break;
    while (take_part(handle, traffic)) continue;
  }
  ::close(handle);
  return traffic;
}

std::vector<std::uint64_t> sockets_of(pid_t pid) {
  constexpr std::string_view kSocket = "socket:[";
  std::vector<std::uint64_t> inodes;
  std::error_code error;
  const auto files = fmt::format("/proc/{}/fd", pid);
  for (std::filesystem::directory_iterator entry(files, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code closed;
    const auto target = std::filesystem::read_symlink(entry->path(), closed).string();
    if (closed || !target.starts_with(kSocket)) continue;
    const auto number = target.substr(kSocket.size(), target.size() - kSocket.size() - 1);
    const auto inode = config::parse_integer(number);
    if (inode) inodes.push_back(static_cast<std::uint64_t>(*inode));
  }
  return inodes;
}

}  // namespace stampede::environment
