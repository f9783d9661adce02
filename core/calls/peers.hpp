// The other processes that host services: who hosts what, as they say themselves, and calls to
// them. The processes that host one service take turns; one that does not answer is passed over
// until it does, and a call that it was to answer goes to the next one. Calls must therefore be
// safe to repeat.
//
// Safe for concurrent use. A thread of its own asks those that have not answered yet, or not any
// more, so that no customer waits for a process that is gone.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/calls/http_client.hpp"
#include "core/saga/area.hpp"
#include "core/saga/calls.hpp"
#include "core/telemetry/saga_readings.hpp"

namespace stampede::calls {

class Peers {
 public:
  // Where the processes' service listeners are: "http://127.0.0.1:9001". None has to be there yet.
  explicit Peers(std::vector<std::string> urls);
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  // The body of the answer to a call of this name. kUnavailable, naming the service, when nobody
  // answers for it; kTimeout at the deadline; otherwise the error that it was answered with.
  Result<std::string> call(saga::Area service, std::string_view name, const std::string& body,
                           const saga::Call& call);

  // Asks everybody, now: those of the services that nobody answers for.
  std::vector<telemetry::MissingService> missing(const saga::Areas& services, Deadline deadline);

 private:
  struct Peer {
    std::string url;
    std::optional<saga::Areas> hosts;  // Nothing before it has said so.
    bool is_up = false;
    std::string trouble = "not asked yet";  // Why it is not up.
  };

  struct Hosts {
    std::vector<std::size_t> peers;  // Those that are up come first.
    std::size_t up = 0;              // How many these are.
  };

  Hosts hosts_of(saga::Area service);
  Result<std::string> ask(std::size_t peer, std::string_view name, const std::string& body,
                          std::string_view correlation, Deadline deadline);
  std::string troubles() const;
  void look_around(Deadline deadline);
  void look_at(std::size_t peer);
  void scout();

  HttpClient client_;
  std::mutex mutex_;  // Guards the rest.
  std::condition_variable changed_;
  std::vector<Peer> peers_;  // Their number and addresses are fixed.
  std::size_t turn_ = 0;
  std::uint64_t wanted_ = 0;  // Rounds of looking around: asked for, which leave nobody out,
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;
  bool stopping_ = false;
  std::thread scout_;
};

}  // namespace stampede::calls
