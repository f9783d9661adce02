#include "plugins/transports/kafka/positions.hpp"

#include <algorithm>
#include <span>

namespace stampede::transports::kafka {

namespace {

std::span<const rd_kafka_topic_partition_t> items(const rd_kafka_topic_partition_list_t& list) {
  return {list.elems, static_cast<std::size_t>(list.cnt)};
}

PartitionList nothing_if_empty(PartitionList list) {
  return list->cnt == 0 ? PartitionList() : std::move(list);
}

}  // namespace

void Positions::handled(const std::string& topic, std::int32_t partition, std::int64_t next) {
  auto& position = positions_[{topic, partition}];
  position.next = std::max(position.next, next);
}

PartitionList Positions::uncommitted() const {
  auto list = make_list(positions_.size());
  for (const auto& [partition, position] : positions_) {
    if (position.next == position.committed) continue;
    rd_kafka_topic_partition_list_add(list.get(), partition.first.c_str(), partition.second)
        ->offset = position.next;
  }
  return nothing_if_empty(std::move(list));
}

PartitionList Positions::uncommitted(const rd_kafka_topic_partition_list_t& partitions) const {
  auto list = make_list(positions_.size());
  for (const auto& item : items(partitions)) {
    const auto found = positions_.find({item.topic, item.partition});
    if (found == positions_.end() || found->second.next == found->second.committed) continue;
    rd_kafka_topic_partition_list_add(list.get(), item.topic, item.partition)->offset =
        found->second.next;
  }
  return nothing_if_empty(std::move(list));
}

void Positions::committed(const rd_kafka_topic_partition_list_t& offsets) {
  for (const auto& item : items(offsets)) {
    const auto found = positions_.find({item.topic, item.partition});
    if (found == positions_.end() || item.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    found->second.committed = std::max(found->second.committed, item.offset);
  }
}

void Positions::forget(const rd_kafka_topic_partition_list_t& partitions) {
  for (const auto& item : items(partitions)) positions_.erase({item.topic, item.partition});
}

}  // namespace stampede::transports::kafka
