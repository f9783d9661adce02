// How far the services are behind, asked of the brokers each second and whenever somebody wants to
// know. Safe for concurrent use; the Admin outlives it.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/api/transport.hpp"
#include "plugins/transports/kafka/admin.hpp"

namespace stampede::transports::kafka {

// A service as the brokers know it.
struct WatchedGroup {
  std::string service;
  std::string group;
  std::vector<std::string> topics;  // Without the prefix.
};

class LagWatch {
 public:
  struct Reading {
    std::vector<TransportLag> lags;
    std::chrono::duration<double> age{0};  // Since it was true.
  };

  LagWatch(Admin& admin, std::string topic_prefix, std::vector<WatchedGroup> groups);

  // What was true after the call began, where the brokers answer in a moment. Else the last that is
  // known, but at least one event everywhere: whoever waits for a drain must not take a silent
  // broker for one.
  Reading read();

 private:
  void loop(const std::stop_token& stop);
  Result<std::vector<TransportLag>> try_to_ask();
  Result<std::vector<TransportLag>> ask();

  Admin& admin_;
  const std::string topic_prefix_;
  const std::vector<WatchedGroup> groups_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t wanted_ = 0;  // Readings asked for, and how many of these the last one answers.
  std::uint64_t answered_ = 0;
  std::vector<TransportLag> lags_;
  Clock::time_point taken_at_ = Clock::now();
  std::jthread thread_;  // Last: it uses everything above.
};

}  // namespace stampede::transports::kafka
