#include "plugins/transports/kafka/admin.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <thread>
#include <vector>

#include "plugins/transports/kafka/embedded_broker.hpp"

namespace stampede::transports::kafka {

namespace {

constexpr std::chrono::milliseconds kPause{20};  // Between looks at what the brokers say.

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Freed<rd_kafka_metadata_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Freed<rd_kafka_NewTopic_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Freed<rd_kafka_AdminOptions_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Freed<rd_kafka_event_destroy>>;

void set_timeout(const AdminOptions& options, Deadline deadline) {
  std::array<char, 256> ignored{};  // It is in range.
  rd_kafka_AdminOptions_set_request_timeout(options.get(), std::max(left_ms(deadline), 1),
                                            ignored.data(), ignored.size());
}

std::span<rd_kafka_topic_partition_t> items(const rd_kafka_topic_partition_list_t& list) {
  return {list.elems, static_cast<std::size_t>(list.cnt)};
}

}  // namespace

// One caller at a time makes topics; the others wait, but none beyond its deadline.
class Admin::Turn {
 public:
  Turn(Admin& admin, Deadline deadline) : admin_(admin) {
    std::unique_lock lock(admin.mutex_);
    taken_ = admin.free_.wait_until(lock, deadline, [&] { return !admin.busy_; });
    if (taken_) admin.busy_ = true;
  }
  ~Turn() {
    if (!taken_) return;
    const std::lock_guard lock(admin_.mutex_);
    admin_.busy_ = false;
    admin_.free_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool taken() const { return taken_; }

 private:
  Admin& admin_;
  bool taken_ = false;
};

Admin::Admin(const std::string& brokers, std::int32_t partitions, EmbeddedBroker* embedded)
    : brokers_(brokers),
      partitions_(partitions),
      embedded_(embedded),
      client_(Settings(brokers).make(RD_KAFKA_PRODUCER)) {}

Result<std::map<std::string, std::int32_t>> Admin::existing(Deadline deadline) {
  const rd_kafka_metadata_t* told = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &told, left_ms(deadline));
  const Metadata metadata(told);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // That nobody answers is the broker's fault and not for want of time.
    auto error = error_of(code, "the Kafka brokers do not tell their topics");
    error.code = ErrorCode::kUnavailable;
    return Unexpected(std::move(error));
  }
  std::map<std::string, std::int32_t> counts;
  for (const auto& topic :
       std::span(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt))) {
    const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
    counts[topic.topic] = static_cast<std::int32_t>(std::ranges::count_if(
        partitions,
        [](const rd_kafka_metadata_partition_t& partition) { return partition.leader >= 0; }));
  }
  return counts;
}

Result<void> Admin::create(std::span<const std::string> topics, Deadline deadline) {
  if (embedded_ != nullptr) {
    for (const auto& topic : topics) {
      if (auto made = embedded_->create_topic(topic, partitions_); !made) return made;
    }
    return {};
  }
  std::vector<NewTopic> wanted;
  std::vector<rd_kafka_NewTopic_t*> pointers;
  for (const auto& topic : topics) {
    std::array<char, 256> error{};
    // As many replicas as the brokers' own default says.
    wanted.emplace_back(
        rd_kafka_NewTopic_new(topic.c_str(), partitions_, -1, error.data(), error.size()));
    if (!wanted.back()) return fail(ErrorCode::kInvalid, topic + ": " + error.data());
    pointers.push_back(wanted.back().get());
  }
  const AdminOptions options(
      rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  set_timeout(options, deadline);
  const Queue queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_CreateTopics(client_.get(), pointers.data(), pointers.size(), options.get(),
                        queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), left_ms(deadline)));
  if (!event) return fail(ErrorCode::kTimeout, "the Kafka brokers create no topics in time");
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unexpected(error_of(code, "cannot create Kafka topics"));
  }
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (const auto* result : std::span(results, count)) {
    const auto code = rd_kafka_topic_result_error(result);
    // Another instance may have been faster.
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    return Unexpected(error_of(
        code, std::string("cannot create the Kafka topic ") + rd_kafka_topic_result_name(result)));
  }
  return {};
}

Result<void> Admin::await_leaders(std::span<const std::string> topics, Deadline deadline) {
  for (;;) {
    const auto counts = existing(deadline);
    if (!counts) return Unexpected(counts.error());
    const std::string* waited = nullptr;
    for (const auto& topic : topics) {
      const auto found = counts->find(topic);
      if (found == counts->end() || found->second < partitions_) waited = &topic;
    }
    if (waited == nullptr) return {};
    if (Clock::now() >= deadline) {
      return fail(ErrorCode::kUnavailable, "the Kafka topic " + *waited + " gets no leaders");
    }
    std::this_thread::sleep_for(kPause);
  }
}

Result<void> Admin::ensure_topics(std::span<const std::string> topics, Deadline deadline) {
  const Turn turn(*this, deadline);
  if (!turn.taken()) return fail(ErrorCode::kTimeout, "the Kafka brokers are slow to tell topics");
  std::vector<std::string> unknown;
  for (const auto& topic : topics) {
    if (!known_.contains(topic)) unknown.push_back(topic);
  }
  if (unknown.empty()) return {};
  const auto counts = existing(deadline);
  if (!counts) return Unexpected(counts.error());
  std::vector<std::string> missing;
  for (const auto& topic : unknown) {
    const auto found = counts->find(topic);
    if (found == counts->end()) {
      missing.push_back(topic);
    } else if (found->second != partitions_) {
      return fail(ErrorCode::kInvalid,
                  "the Kafka topic " + topic + " has " + std::to_string(found->second) +
                      " partitions, but option 'partitions' says " + std::to_string(partitions_) +
                      ": choose another 'topic.prefix', or remove the topic");
    }
  }
  if (!missing.empty()) {
    if (auto made = create(missing, deadline); !made) return made;
    if (auto led = await_leaders(missing, deadline); !led) return led;
  }
  known_.insert(unknown.begin(), unknown.end());
  return {};
}

PartitionList Admin::partitions_of(std::span<const std::string> topics, std::int64_t offset) const {
  auto list = make_list(topics.size() * static_cast<std::size_t>(partitions_));
  for (const auto& topic : topics) {
    for (std::int32_t i = 0; i < partitions_; ++i) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = offset;
    }
  }
  return list;
}

// Where the times in the list are reached: one request for all partitions of a broker.
Result<void> Admin::look_up(rd_kafka_topic_partition_list_t& list, Deadline deadline) {
  const auto code = rd_kafka_offsets_for_times(client_.get(), &list, left_ms(deadline));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unexpected(error_of(code, "the Kafka brokers do not tell offsets"));
  }
  for (const auto& item : items(list)) {
    if (item.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return Unexpected(error_of(item.err, std::string("no offset of ") + item.topic));
  }
  return {};
}

Result<Offsets> Admin::ends(std::span<const std::string> topics, Deadline deadline) {
  const auto list = partitions_of(topics, RD_KAFKA_OFFSET_END);
  if (auto found = look_up(*list, deadline); !found) return Unexpected(found.error());
  Offsets offsets;
  for (const auto& item : items(*list)) offsets[{item.topic, item.partition}] = item.offset;
  return offsets;
}

rd_kafka_t* Admin::reader_of(const std::string& group) {
  const std::lock_guard lock(mutex_);
  auto& reader = readers_[group];
  if (!reader) {
    Settings settings(brokers_);
    settings.set("group.id", group).set("enable.auto.commit", "false");
    reader = std::move(settings).make(RD_KAFKA_CONSUMER);
  }
  return reader.get();
}

// By a client that names the group and never joins it. (ListConsumerGroupOffsets, the request for
// administrators, crashes librdkafka 2.0.2 while a new broker has no coordinator yet.)
Result<Offsets> Admin::positions(const std::string& group, std::span<const std::string> topics,
                                 Deadline deadline) {
  const auto asked = partitions_of(topics, RD_KAFKA_OFFSET_INVALID);
  const auto code = rd_kafka_committed(reader_of(group), asked.get(), left_ms(deadline));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Unexpected(error_of(code, "no offsets of the Kafka group " + group));
  }
  Offsets offsets;
  auto uncommitted = make_list(1);
  for (const auto& item : items(*asked)) {
    offsets[{item.topic, item.partition}] = item.offset;
    if (item.offset >= 0) continue;
    rd_kafka_topic_partition_list_add(uncommitted.get(), item.topic, item.partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  if (uncommitted->cnt == 0) return offsets;
  if (auto found = look_up(*uncommitted, deadline); !found) return Unexpected(found.error());
  for (const auto& item : items(*uncommitted)) offsets[{item.topic, item.partition}] = item.offset;
  return offsets;
}

}  // namespace stampede::transports::kafka
