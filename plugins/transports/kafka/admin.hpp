// What is asked of the brokers beside events: topics, and how far groups have read. Safe for
// concurrent use.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "plugins/transports/kafka/client.hpp"

namespace stampede::transports::kafka {

class EmbeddedBroker;

// An offset of each partition of some topics, by topic and partition.
using Offsets = std::map<std::pair<std::string, std::int32_t>, std::int64_t>;

class Admin {
 public:
  // `embedded` creates topics where it is the broker; else it is null. It outlives this.
  Admin(const std::string& brokers, std::int32_t partitions, EmbeddedBroker* embedded);

  // Creates the topics that are missing, and returns when every partition has a leader. kInvalid
  // when one exists with another number of partitions.
  Result<void> ensure_topics(std::span<const std::string> topics, Deadline deadline);

  // The offset after the newest event of each partition.
  Result<Offsets> ends(std::span<const std::string> topics, Deadline deadline);

  // The offset from which the group goes on. A partition in which it has committed nothing is at
  // its oldest event.
  Result<Offsets> positions(const std::string& group, std::span<const std::string> topics,
                            Deadline deadline);

 private:
  class Turn;

  // How many partitions with a leader each topic has; those that do not exist are left out.
  Result<std::map<std::string, std::int32_t>> existing(Deadline deadline);
  Result<void> create(std::span<const std::string> topics, Deadline deadline);
  Result<void> await_leaders(std::span<const std::string> topics, Deadline deadline);
  PartitionList partitions_of(std::span<const std::string> topics, std::int64_t offset) const;
  Result<void> look_up(rd_kafka_topic_partition_list_t& list, Deadline deadline);

  // Throws std::runtime_error when there is no memory or no thread for it.
  rd_kafka_t* reader_of(const std::string& group);

  const std::string brokers_;
  const std::int32_t partitions_;
  EmbeddedBroker* const embedded_;
  Client client_;
  std::mutex mutex_;
  std::condition_variable free_;
  bool busy_ = false;                      // Somebody makes topics, and may use what follows.
  std::map<std::string, Client> readers_;  // By group; they live as long as this.
  std::set<std::string> known_;            // Topics that exist as they should.
};

}  // namespace stampede::transports::kafka
