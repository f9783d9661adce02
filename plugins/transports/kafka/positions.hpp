// How far the partitions of one consumer were handled, and how much of that its group knows. One
// thread at a time.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "plugins/transports/kafka/client.hpp"

namespace stampede::transports::kafka {

class Positions {
 public:
  // `next` is the offset of the first event that was not handled.
  void handled(const std::string& topic, std::int32_t partition, std::int64_t next);

  // What the group does not know, of all partitions or of those in the list. Null: nothing.
  PartitionList uncommitted() const;
  PartitionList uncommitted(const rd_kafka_topic_partition_list_t& partitions) const;

  // The group knows these offsets, where they carry no error.
  void committed(const rd_kafka_topic_partition_list_t& offsets);

  // The partitions belong to somebody else now.
  void forget(const rd_kafka_topic_partition_list_t& partitions);

 private:
  struct Position {
    std::int64_t next = 0;
    std::int64_t committed = 0;
  };
  using Partition = std::pair<std::string, std::int32_t>;

  std::map<Partition, Position> positions_;
};

}  // namespace stampede::transports::kafka
