// How many bytes TCP connections have carried, asked of the kernel (sock_diag, as `ss -ti` does).
// Of the connections that are open: what a closed one carried since it was last asked about is
// lost. Safe to call from any thread.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace stampede::environment {

struct Traffic {
  std::int64_t received_bytes = 0;
  std::int64_t sent_bytes = 0;
};

// By the inode of the socket. Empty when the kernel does not tell.
std::unordered_map<std::uint64_t, Traffic> tcp_traffic();

// The inodes of a process's sockets. Empty when it is gone, or not ours to look into.
std::vector<std::uint64_t> sockets_of(pid_t pid);

}  // namespace stampede::environment
