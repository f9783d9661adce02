// One consumer of a service's group, with a thread of its own: it receives, runs the handlers, and
// commits what they took. Partitions that it has to give up are committed first, and their events
// that wait are left to the next owner.
//
// While a handler fails, the partitions of its topic are paused, and the consumer goes on polling,
// so that it stays a member. Topics do not hold each other up.
//
// The handlers and the counters outlive it. request_stop() may be called by any thread.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <thread>

#include "core/api/transport.hpp"
#include "plugins/transports/kafka/counters.hpp"
#include "plugins/transports/kafka/options.hpp"

namespace stampede::transports::kafka {

// By topic, without the prefix.
using Handlers = std::map<std::string, BatchHandler, std::less<>>;

class Consumer {
 public:
  // `brokers` are those of the options, or the embedded one.
  Consumer(const Options& options, std::string brokers, std::string group, const Handlers& handlers,
           Counters& counters);
  ~Consumer();  // Finishes the handler's call under way and leaves the group.
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  void request_stop() { thread_.request_stop(); }

 private:
  class Session;

  void run(const std::stop_token& stop);

  const Options options_;
  const std::string brokers_;
  const std::string group_;
  const Handlers& handlers_;
  Counters& counters_;
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace stampede::transports::kafka
