#include "plugins/transports/kafka/producer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace stampede::transports::kafka {

namespace {

constexpr int kPollMs = 100;

// The events of one publish() whose acknowledgements are awaited. Each event in librdkafka's queue
// holds it too: a caller that gave up does not wait for them.
class Publication {
 public:
  static void release(Publication* publication) {
    if (publication->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete publication;
  }

  void add() {
    holders_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  void take_back() { report(RD_KAFKA_RESP_ERR_NO_ERROR); }

  void report(rd_kafka_resp_err_t code) {
    {
      const std::lock_guard lock(mutex_);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) code_ = code;
      if (--open_ == 0) all_reported_.notify_all();
    }
    release(this);
  }

  Result<void> wait(Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (!all_reported_.wait_until(lock, deadline, [this] { return open_ == 0; })) {
      return fail(ErrorCode::kTimeout,
                  "the Kafka brokers have not acknowledged the events before the deadline");
    }
    if (code_ == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return Unexpected(error_of(code_, "the Kafka brokers have not taken the events"));
  }

 private:
  ~Publication() = default;

  std::atomic<std::int64_t> holders_ = 1;  // The caller.
  std::mutex mutex_;
  std::condition_variable all_reported_;
  std::int64_t open_ = 0;
  rd_kafka_resp_err_t code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

// librdkafka's interface is not const; it only copies them.
void* bytes_of(const std::string& text) { return const_cast<char*>(text.data()); }  // NOLINT

}  // namespace

// One librdkafka producer, and the thread that takes its delivery reports.
class Producer::Session {
 public:
  Session(const Options& options, const std::string& brokers, Counters& counters)
      : options_(options), counters_(counters), client_(make(brokers)) {
    poller_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) rd_kafka_poll(client_.get(), kPollMs);
    });
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  ~Session() {
    poller_.request_stop();
    poller_.join();
    // What nobody waits for any more is reported as purged, so that nothing is left behind.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(client_.get()) > 0) rd_kafka_poll(client_.get(), kPollMs);
    for (const auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic);
  }

  bool is_usable() const {
    return rd_kafka_fatal_error(client_.get(), nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  Result<void> publish(std::span<const Event> events, Admin& admin, Deadline deadline) {
    if (auto known = learn_topics(events, admin, deadline); !known) return known;
    const std::unique_ptr<Publication, Freed<Publication::release>> publication(new Publication);
    {
      const std::shared_lock lock(topics_mutex_);
      for (const auto& event : events) {
        if (auto queued = queue(event, *publication); !queued) return queued;
      }
    }
    return publication->wait(deadline);
  }

 private:
  Client make(const std::string& brokers) {
    Settings settings(brokers);
    settings.set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2")  // As Java's: equal keys, and no key, go to one partition.
        .set("queue.buffering.max.kbytes",
             std::max<std::int64_t>(options_.producer_buffer / 1024, 1))
        .set("queue.buffering.max.messages", 10'000'000)  // Bytes are what bounds it.
        .set("linger.ms",
             std::chrono::ceil<std::chrono::milliseconds>(options_.producer_linger).count())
        .set("batch.size", options_.producer_batch)
        .set_ms("message.timeout.ms", options_.producer_timeout)
        .set("allow.auto.create.topics", "false");
    rd_kafka_conf_set_opaque(settings.get(), &counters_);
    rd_kafka_conf_set_dr_msg_cb(settings.get(), &Session::report);
    return std::move(settings).make(RD_KAFKA_PRODUCER);
  }

  static void report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    static_cast<Counters*>(opaque)->count_queued(
        -1, -static_cast<std::int64_t>(message->key_len + message->len));
    static_cast<Publication*>(message->_private)->report(message->err);
  }

  Result<void> learn_topics(std::span<const Event> events, Admin& admin, Deadline deadline) {
    std::vector<std::string> names;
    std::vector<std::string> topics;
    {
      const std::shared_lock lock(topics_mutex_);
      for (const auto& event : events) {
        if (topics_.contains(event.topic) || std::ranges::count(names, event.topic) > 0) continue;
        names.push_back(event.topic);
        topics.push_back(options_.topic_prefix + event.topic);
      }
    }
    if (names.empty()) return {};
    if (auto made = admin.ensure_topics(topics, deadline); !made) return made;
    const std::lock_guard lock(topics_mutex_);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (topics_.contains(names[i])) continue;
      auto* const topic = rd_kafka_topic_new(client_.get(), topics[i].c_str(), nullptr);
      if (topic == nullptr) {
        return Unexpected(error_of(rd_kafka_last_error(), "the Kafka topic " + topics[i]));
      }
      topics_.emplace(names[i], topic);
    }
    return {};
  }

  Result<void> queue(const Event& event, Publication& publication) {
    const auto bytes = static_cast<std::int64_t>(event.key.size() + event.payload.size());
    publication.add();
    counters_.count_queued(1, bytes);
    const auto code = produce(event, publication);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};  // Its report will come.
    counters_.count_queued(-1, -bytes);
    publication.take_back();
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return fail(ErrorCode::kOverloaded,
                  "the Kafka producer's buffer is full: option 'producer.buffer' is " +
                      std::to_string(options_.producer_buffer) + " bytes");
    }
    return Unexpected(error_of(code, "cannot publish to the topic " + event.topic));
  }

  rd_kafka_resp_err_t produce(const Event& event, Publication& publication) {
    auto* const headers = rd_kafka_headers_new(2);
    const auto add = [headers](const char* name, const std::string& value) {
      rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
    };
    add("id", event.id);
    if (!event.correlation.empty()) add("correlation", event.correlation);
    std::array<rd_kafka_vu_t, 6> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topics_.find(event.topic)->second;
    parts[1].vtype = RD_KAFKA_VTYPE_KEY;
    parts[1].u.mem = {bytes_of(event.key), event.key.size()};
    parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[2].u.mem = {bytes_of(event.payload), event.payload.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[3].u.i = RD_KAFKA_MSG_F_COPY;
    parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[4].u.headers = headers;
    parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[5].u.ptr = &publication;
    const std::unique_ptr<rd_kafka_error_t, Freed<rd_kafka_error_destroy>> error(
        rd_kafka_produceva(client_.get(), parts.data(), parts.size()));
    const auto code = error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
    return code;
  }

  const Options& options_;
  Counters& counters_;
  std::shared_mutex topics_mutex_;
  std::map<std::string, rd_kafka_topic_t*, std::less<>> topics_;
  Client client_;
  std::jthread poller_;
};

Producer::Producer(const Options& options, std::string brokers, Admin& admin, Counters& counters)
    : options_(options),
      brokers_(std::move(brokers)),
      admin_(admin),
      counters_(counters),
      session_(std::make_shared<Session>(options_, brokers_, counters_)) {}

Producer::~Producer() = default;

std::shared_ptr<Producer::Session> Producer::session() {
  const std::lock_guard lock(mutex_);
  if (session_->is_usable()) return session_;
  // Its last user lets go of it.
  session_ = std::make_shared<Session>(options_, brokers_, counters_);
  counters_.producers.fetch_add(1, std::memory_order_relaxed);
  return session_;
}

Result<void> Producer::try_publish(std::span<const Event> events, Deadline deadline) {
  if (Clock::now() >= deadline) {
    return fail(ErrorCode::kTimeout, "the deadline passed before the events were published");
  }
  return session()->publish(events, admin_, deadline);
}

Result<void> Producer::publish(std::span<const Event> events, Deadline deadline) {
  if (events.empty()) return {};
  auto published = try_publish(events, deadline);
  if (published) {
    counters_.published.fetch_add(std::ssize(events), std::memory_order_relaxed);
  } else if (published.error().code == ErrorCode::kOverloaded) {
    counters_.overloaded.fetch_add(1, std::memory_order_relaxed);
  } else if (published.error().code == ErrorCode::kTimeout) {
    counters_.timeouts.fetch_add(1, std::memory_order_relaxed);
  } else {
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
  }
  return published;
}

}  // namespace stampede::transports::kafka
