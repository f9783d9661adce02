// The events of one topic that one consumer has received for one service, on their way through the
// handler: gathered into a batch, handled, and after an error kept, to be handled again after a
// random wait. One thread at a time; the handler, the options and the counters outlive it.

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/api/event.hpp"
#include "core/api/transport.hpp"
#include "plugins/transports/kafka/counters.hpp"
#include "plugins/transports/kafka/options.hpp"

namespace stampede::transports::kafka {

class Lane {
 public:
  struct Origin {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
  };

  Lane(std::string topic, const BatchHandler& handler, const Options& options, Counters& counters);

  const std::string& topic() const { return topic_; }  // Without the prefix.

  void add(Event event, Origin origin);
  bool is_full() const { return events_.size() >= options_.batch; }
  bool is_empty() const { return events_.empty(); }

  // Whether it waits after an error: nothing is to be added meanwhile.
  bool is_held() const { return errors_ > 0; }

  // When deliver() is to be called; the end of time when there is nothing to deliver.
  Clock::time_point due() const;

  // Runs the handler; whether it took the events. clear() follows when it did.
  bool deliver();

  const std::vector<Origin>& origins() const { return origins_; }
  void clear();
  // The partition belongs to somebody else, who gets its events.
  void drop(std::int32_t partition);

 private:
  std::chrono::nanoseconds backoff();

  const std::string topic_;
  const BatchHandler& handler_;
  const Options& options_;
  Counters& counters_;
  std::vector<Event> events_;
  std::vector<Origin> origins_;
  int errors_ = 0;  // Of the handler in a row.
  Clock::time_point due_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace stampede::transports::kafka
