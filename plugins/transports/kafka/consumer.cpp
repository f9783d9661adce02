#include "plugins/transports/kafka/consumer.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/transports/kafka/client.hpp"
#include "plugins/transports/kafka/lane.hpp"
#include "plugins/transports/kafka/positions.hpp"

namespace stampede::transports::kafka {

namespace {

using namespace std::chrono_literals;

constexpr auto kLongestPoll = 50ms;   // Bounds how late it hears that it should stop.
constexpr auto kCommitPause = 200ms;  // After a commit that failed.
// How long a consumer that ends waits for its first partitions.
constexpr auto kFirstAssignmentPatience = 3s;
constexpr auto kShortestPollInterval = 5min;

std::span<const rd_kafka_topic_partition_t> items(const rd_kafka_topic_partition_list_t& list) {
  return {list.elems, static_cast<std::size_t>(list.cnt)};
}

std::string header(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  return {static_cast<const char*>(value), size};
}

std::string text(const void* bytes, std::size_t size) {
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Event event_of(const rd_kafka_message_t& message, const std::string& topic) {
  Event event{.id = header(message, "id"),
              .topic = topic,
              .key = text(message.key, message.key_len),
              .payload = text(message.payload, message.len),
              .correlation = header(message, "correlation")};
  // What others publish may carry no id; its place is as good.
  if (event.id.empty()) {
    event.id =
        topic + "/" + std::to_string(message.partition) + "/" + std::to_string(message.offset);
  }
  return event;
}

}  // namespace

// A librdkafka consumer from its birth to its end, which a fatal error may bring.
class Consumer::Session {
 public:
  Session(const Options& options, const std::string& brokers, const std::string& group,
          const Handlers& handlers, Counters& counters)
      : options_(options), counters_(counters) {
    auto topics = make_list(handlers.size());
    for (const auto& [topic, handler] : handlers) {
      const auto name = options_.topic_prefix + topic;
      lanes_.try_emplace(name, topic, handler, options_, counters_);
      rd_kafka_topic_partition_list_add(topics.get(), name.c_str(), RD_KAFKA_PARTITION_UA);
    }
    client_ = make(brokers, group);
    rd_kafka_poll_set_consumer(client_.get());
    const auto code = rd_kafka_subscribe(client_.get(), topics.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  ~Session() { leave(); }

  // Returns when it should stop, or must.
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested() && is_usable()) {
      note_membership();
      gather();
      for (auto& [name, lane] : lanes_) {
        if (lane.due() <= Clock::now() && !stop.stop_requested()) deliver(name, lane);
      }
      commit();
    }
  }

 private:
  Client make(const std::string& brokers, const std::string& group) {
    const auto session = options_.session_timeout;
    Settings settings(brokers);
    settings.set("group.id", group)
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")  // What came before the first consumer counts too.
        .set_ms("session.timeout.ms", session)
        .set_ms("heartbeat.interval.ms", std::min<std::chrono::nanoseconds>(session / 5, 3s))
        // A handler keeps its deadline, so that only one that hangs is taken for dead.
        .set_ms("max.poll.interval.ms",
                std::max<std::chrono::nanoseconds>(
                    {kShortestPollInterval, 2 * options_.handler_timeout, session}))
        // Who waits long at an idle broker comes late to a partition that has just been resumed.
        .set("fetch.wait.max.ms", options_.embedded() ? 5 : 50)
        .set("fetch.error.backoff.ms", 50)
        .set("queued.max.messages.kbytes", 32'768)
        .set("allow.auto.create.topics", "false");
    rd_kafka_conf_set_opaque(settings.get(), this);
    rd_kafka_conf_set_rebalance_cb(settings.get(), &Session::on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(settings.get(), &Session::on_commit);
    return std::move(settings).make(RD_KAFKA_CONSUMER);
  }

  bool is_usable() const {
    return rd_kafka_fatal_error(client_.get(), nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  // Takes what has arrived, until a batch is full or something is due.
  void gather() {
    auto until = Clock::now() + kLongestPoll;
    for (const auto& [name, lane] : lanes_) until = std::min(until, lane.due());
    if (is_behind_ && !commit_under_way_) until = std::min(until, next_commit_);
    while (const Message message{rd_kafka_consumer_poll(client_.get(), left_ms(until))}) {
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        counters_.consumer_errors.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      auto& lane = lanes_.at(rd_kafka_topic_name(message->rkt));
      lane.add(event_of(*message, lane.topic()), {message->partition, message->offset});
      if (lane.is_full()) return;
      until = std::min(until, lane.due());
    }
  }

  void deliver(const std::string& name, Lane& lane) {
    const bool was_held = lane.is_held();
    if (!lane.deliver()) {
      if (!was_held) pause(name);
      return;
    }
    // Whoever has the partitions now handles the events again, and commits them.
    if (rd_kafka_assignment_lost(client_.get()) == 0) {
      for (const auto& [partition, offset] : lane.origins()) {
        positions_.handled(name, partition, offset + 1);
      }
      is_behind_ = true;
    }
    lane.clear();
    if (was_held) resume(name);
  }

  PartitionList assigned(const std::string& name) const {
    rd_kafka_topic_partition_list_t* all = nullptr;
    rd_kafka_assignment(client_.get(), &all);
    const PartitionList freed(all);
    auto list = make_list(1);
    if (!freed) return list;
    for (const auto& item : items(*freed)) {
      if (name != item.topic) continue;
      rd_kafka_topic_partition_list_add(list.get(), item.topic, item.partition);
    }
    return list;
  }

  void pause(const std::string& name) {
    rd_kafka_pause_partitions(client_.get(), assigned(name).get());
  }
  void resume(const std::string& name) {
    rd_kafka_resume_partitions(client_.get(), assigned(name).get());
  }

  // One commit is under way at a time, so that they arrive in order; what is handled meanwhile
  // travels with the next. Each is a request of its own to the broker, so that they keep a
  // distance.
  void commit() {
    const auto now = Clock::now();
    if (!is_behind_ || commit_under_way_ || now < next_commit_) return;
    const auto offsets = positions_.uncommitted();
    is_behind_ = false;
    if (!offsets) return;
    next_commit_ = now + options_.commit_interval;
    commit_under_way_ =
        rd_kafka_commit(client_.get(), offsets.get(), 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
    is_behind_ = !commit_under_way_;
  }

  static void on_commit(rd_kafka_t*, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t* offsets, void* opaque) {
    auto& self = *static_cast<Session*>(opaque);
    self.commit_under_way_ = false;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && offsets != nullptr) {
      self.positions_.committed(*offsets);
    } else if (code != RD_KAFKA_RESP_ERR__NO_OFFSET) {
      self.counters_.commit_errors.fetch_add(1, std::memory_order_relaxed);
      self.next_commit_ = Clock::now() + kCommitPause;
    }
    // Also of a partition whose own commit failed among others.
    if (self.positions_.uncommitted()) self.is_behind_ = true;
  }

  // Commits and waits for it, but not for ever: what the group does not learn is handled again.
  void commit_now(const PartitionList& offsets) {
    if (!offsets) return;
    const Queue queue(rd_kafka_queue_new(client_.get()));
    const auto code = rd_kafka_commit_queue(client_.get(), offsets.get(), queue.get(),
                                            &Session::on_last_commit, this);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    last_commit_done_ = false;
    const auto deadline = std::min(Clock::now() + options_.timeout, end_);
    while (!last_commit_done_ && Clock::now() < deadline) {
      rd_kafka_queue_poll_callback(queue.get(), left_ms(std::min(deadline, Clock::now() + 100ms)));
    }
  }

  static void on_last_commit(rd_kafka_t*, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t* offsets, void* opaque) {
    auto& self = *static_cast<Session*>(opaque);
    self.last_commit_done_ = true;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && offsets != nullptr) {
      self.positions_.committed(*offsets);
    } else {
      self.counters_.commit_errors.fetch_add(1, std::memory_order_relaxed);
    }
  }

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    auto& self = *static_cast<Session*>(opaque);
    self.counters_.rebalances.fetch_add(1, std::memory_order_relaxed);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      self.take(*partitions);
    } else {
      self.give_up(*partitions);
    }
  }

  void take(const rd_kafka_topic_partition_list_t& partitions) {
    counters_.partitions.fetch_add(partitions.cnt, std::memory_order_relaxed);
    was_assigned_ = true;
    const KafkaError error(rd_kafka_incremental_assign(client_.get(), &partitions));
    if (error) counters_.consumer_errors.fetch_add(1, std::memory_order_relaxed);
    for (const auto& [name, lane] : lanes_) {
      if (lane.is_held()) pause(name);
    }
  }

  void give_up(const rd_kafka_topic_partition_list_t& partitions) {
    counters_.partitions.fetch_sub(partitions.cnt, std::memory_order_relaxed);
    if (rd_kafka_assignment_lost(client_.get()) != 0) {
      counters_.partitions_lost.fetch_add(partitions.cnt, std::memory_order_relaxed);
    } else {
      commit_now(positions_.uncommitted(partitions));
    }
    positions_.forget(partitions);
    for (const auto& item : items(partitions)) {
      auto& lane = lanes_.at(item.topic);
      const bool was_held = lane.is_held();
      lane.drop(item.partition);
      if (was_held && !lane.is_held()) resume(item.topic);
    }
    // A pause outlives the assignment: the partition would be silent when it comes back.
    const PartitionList given_up(rd_kafka_topic_partition_list_copy(&partitions));
    rd_kafka_resume_partitions(client_.get(), given_up.get());
    const KafkaError error(rd_kafka_incremental_unassign(client_.get(), &partitions));
    if (error) counters_.consumer_errors.fetch_add(1, std::memory_order_relaxed);
  }

  // Looked at until it is so: who is let in may be thrown out again, and is not forgotten.
  void note_membership() {
    if (was_member_ || was_assigned_) return;
    const std::unique_ptr<char, decltype(&std::free)> id(rd_kafka_memberid(client_.get()),
                                                         &std::free);
    was_member_ = id != nullptr && *id != '\0';
  }

  // librdkafka before 2.3 aborts the process when a consumer is destroyed after the group has let
  // it in and before it has ever got partitions (confluentinc/librdkafka#4381). False when it still
  // waits for them after some patience.
  bool may_be_destroyed() {
    note_membership();
    const auto until = std::min<Clock::time_point>(end_, Clock::now() + kFirstAssignmentPatience);
    while (was_member_ && !was_assigned_ && is_usable() && Clock::now() < until) {
      const Message unhandled(rd_kafka_consumer_poll(client_.get(), 20));
    }
    return was_assigned_ || !was_member_;
  }

  void leave() {
    end_ = Clock::now() + options_.timeout;
    const bool destroys = may_be_destroyed();
    if (is_usable()) commit_now(positions_.uncommitted());
    const Queue queue(rd_kafka_queue_get_consumer(client_.get()));
    const KafkaError error(rd_kafka_consumer_close_queue(client_.get(), queue.get()));
    while (!error && rd_kafka_consumer_closed(client_.get()) == 0 && Clock::now() < end_) {
      const Message unhandled(rd_kafka_consumer_poll(client_.get(), 20));
    }
    if (destroys && error) {  // It met a fatal error, and cannot take its leave.
      rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    } else if (!destroys || rd_kafka_consumer_closed(client_.get()) == 0) {
      abandon();
    }
  }

  // A consumer that has not left its group in time has a broker that does not answer: destroying it
  // may then wait for ever. It is never polled again, so that its group takes it for gone after
  // max.poll.interval.ms at the latest; its memory and threads are the price.
  void abandon() {
    counters_.consumers_abandoned.fetch_add(1, std::memory_order_relaxed);
    static_cast<void>(client_.release());
  }

  const Options& options_;
  Counters& counters_;
  std::map<std::string, Lane, std::less<>> lanes_;  // By the topic's name in Kafka.
  Positions positions_;
  bool was_member_ = false;    // Let in by the group, ever.
  bool was_assigned_ = false;  // Given partitions by it, even if it was none of them.
  bool commit_under_way_ = false;
  bool is_behind_ = false;  // Something was handled that no commit carries yet.
  bool last_commit_done_ = false;
  Clock::time_point next_commit_ = Clock::time_point::min();
  Clock::time_point end_ = Clock::time_point::max();  // When leaving has to be over.
  Client client_;                                     // Last: its callbacks use everything above.
};

Consumer::Consumer(const Options& options, std::string brokers, std::string group,
                   const Handlers& handlers, Counters& counters)
    : options_(options),
      brokers_(std::move(brokers)),
      group_(std::move(group)),
      handlers_(handlers),
      counters_(counters),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Consumer::~Consumer() = default;

void Consumer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      Session(options_, brokers_, group_, handlers_, counters_).run(stop);
    } catch (const std::exception&) {
      // No memory or no thread for a client: there may be some in a moment.
      counters_.consumer_errors.fetch_add(1, std::memory_order_relaxed);
      std::this_thread::sleep_for(kCommitPause);
    }
  }
}

}  // namespace stampede::transports::kafka
