// The listening socket: takes connections in on the first loop's thread and deals them out over all
// loops in turn. Running out of file descriptors, it pauses instead of spinning.
//
// Constructed before the loops run; everything else happens on the first loop's thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/api/http_server.hpp"
#include "core/api/result.hpp"
#include "plugins/frontends/census.hpp"
#include "plugins/frontends/pistache/file_descriptor.hpp"
#include "plugins/frontends/pistache/loop.hpp"

namespace stampede::frontends {

struct Listener {
  FileDescriptor socket;
  std::uint16_t port = 0;  // The one the system chose, when 0 was asked for.
};

// `address` is numeric, IPv4 or IPv6. kUnavailable, naming address, port and reason.
Result<Listener> listen_on(const std::string& address, std::uint16_t port);

class Acceptor {
 public:
  Acceptor(FileDescriptor listener, std::vector<Loop*> loops, const Door& door);

  // On the first loop.
  void start();
  void stop();

 private:
  void accept_ready();
  // False when there is nothing to accept now.
  bool accept_one();

  FileDescriptor listener_;
  const std::vector<Loop*> loops_;
  const Door& door_;
  std::size_t turn_ = 0;
};

}  // namespace stampede::frontends
