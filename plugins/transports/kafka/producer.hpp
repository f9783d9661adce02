// Publishing: one idempotent librdkafka producer that waits for every replica's acknowledgement.
// When it meets an error that it cannot recover from, the next publish() gets a new one.
//
// Safe for concurrent use. The Admin and the Counters outlive it.

#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "core/api/event.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "plugins/transports/kafka/admin.hpp"
#include "plugins/transports/kafka/counters.hpp"
#include "plugins/transports/kafka/options.hpp"

namespace stampede::transports::kafka {

class Producer {
 public:
  // Throws std::runtime_error when it cannot be made. `brokers` are those of the options, or the
  // embedded one.
  Producer(const Options& options, std::string brokers, Admin& admin, Counters& counters);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // As Transport::publish().
  Result<void> publish(std::span<const Event> events, Deadline deadline);

 private:
  class Session;

  Result<void> try_publish(std::span<const Event> events, Deadline deadline);
  std::shared_ptr<Session> session();

  const Options options_;
  const std::string brokers_;
  Admin& admin_;
  Counters& counters_;
  std::mutex mutex_;
  std::shared_ptr<Session> session_;
};

}  // namespace stampede::transports::kafka
