#include "experiments/environment/kafka_topics.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace stampede::environment {

namespace {

constexpr int kPatienceMs = 5'000;

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using Client = std::unique_ptr<rd_kafka_t, Freed<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Freed<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Freed<rd_kafka_event_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Freed<rd_kafka_metadata_destroy>>;
using Groups = std::unique_ptr<const rd_kafka_group_list, Freed<rd_kafka_group_list_destroy>>;
using DeletedTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Freed<rd_kafka_DeleteTopic_destroy>>;
using DeletedGroup = std::unique_ptr<rd_kafka_DeleteGroup_t, Freed<rd_kafka_DeleteGroup_destroy>>;

Error unavailable(const std::string& brokers, rd_kafka_resp_err_t code) {
  return {ErrorCode::kUnavailable, "Kafka at " + brokers + ": " + rd_kafka_err2str(code)};
}

Client connect(const std::string& brokers) {
  std::array<char, 256> error{};
  auto* const settings = rd_kafka_conf_new();
  rd_kafka_conf_set(settings, "bootstrap.servers", brokers.c_str(), error.data(), error.size());
  rd_kafka_conf_set(settings, "log_level", "0", error.data(), error.size());
  Client client(rd_kafka_new(RD_KAFKA_PRODUCER, settings, error.data(), error.size()));
  if (!client) rd_kafka_conf_destroy(settings);
  return client;
}

template <typename Deleted, typename Create, typename Delete>
void remove_all(rd_kafka_t* client, const std::vector<std::string>& names, Create create,
                Delete remove) {
  if (names.empty()) return;
  std::vector<Deleted> owned;
  std::vector<typename Deleted::pointer> pointers;
  for (const auto& name : names) {
    owned.emplace_back(create(name.c_str()));
    pointers.push_back(owned.back().get());
  }
  const Queue queue(rd_kafka_queue_new(client));
  remove(client, pointers.data(), pointers.size(), nullptr, queue.get());
  const Event done(rd_kafka_queue_poll(queue.get(), kPatienceMs));
}

}  // namespace

Result<void> remove_topics(const std::string& brokers, const std::string& prefix) {
  if (prefix.empty()) return fail(ErrorCode::kInvalid, "a prefix is expected, got none");
  const auto client = connect(brokers);
  if (!client) return fail(ErrorCode::kUnavailable, "no client for Kafka at " + brokers);
  const rd_kafka_group_list* told_groups = nullptr;
  auto code = rd_kafka_list_groups(client.get(), nullptr, &told_groups, kPatienceMs);
  const Groups groups(told_groups);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Unexpected(unavailable(brokers, code));
  std::vector<std::string> names;
  for (const auto& group : std::span(groups->groups, static_cast<std::size_t>(groups->group_cnt))) {
    if (std::string_view(group.group).starts_with(prefix)) names.emplace_back(group.group);
  }
  remove_all<DeletedGroup>(client.get(), names, rd_kafka_DeleteGroup_new, rd_kafka_DeleteGroups);

  const rd_kafka_metadata_t* told = nullptr;
  code = rd_kafka_metadata(client.get(), 1, nullptr, &told, kPatienceMs);
  const Metadata metadata(told);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Unexpected(unavailable(brokers, code));
  names.clear();
  for (const auto& topic :
       std::span(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt))) {
    if (std::string_view(topic.topic).starts_with(prefix)) names.emplace_back(topic.topic);
  }
  remove_all<DeletedTopic>(client.get(), names, rd_kafka_DeleteTopic_new, rd_kafka_DeleteTopics);
  return {};
}

}  // namespace stampede::environment
