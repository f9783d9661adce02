// The transport `http`: events are POSTed to the process that hosts the service, and are handled
// when the call returns. Who wants what is asked of each process once.

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/api/transport.hpp"
#include "core/plugin/export.hpp"
#include "plugins/transports/http/caller.hpp"
#include "plugins/transports/http/wire.hpp"

namespace {

using stampede::BatchHandler;
using stampede::Deadline;
using stampede::ErrorCode;
using stampede::Event;
using stampede::EventDoor;
using stampede::fail;
using stampede::PluginConfig;
using stampede::Result;
using stampede::TransportStats;
using stampede::Unexpected;
using stampede::transports::Caller;
using stampede::transports::Subscription;

constexpr stampede::OptionSpec kOptions[] = {
    {"peers", stampede::OptionType::kText, "", "",
     "Where other processes' services listen: http://host:port,http://host:port"},
    {"connections", stampede::OptionType::kChoice, "keepalive", "keepalive|per_request",
     "Whether connections are kept between calls"}};

std::vector<std::string> peers_of(const std::string& text) {
  std::vector<std::string> peers;
  for (std::size_t from = 0; from < text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    auto url = text.substr(from, comma - from);
    while (!url.empty() && (url.back() == '/' || url.back() == ' ')) url.pop_back();
    url.erase(0, url.find_first_not_of(' '));
    if (!url.starts_with("http://")) {
      throw std::invalid_argument("option 'peers': '" + url +
                                  "' is no address: expected http://host:port");
    }
    peers.push_back(std::move(url));
    from = comma + 1;
  }
  return peers;
}

// Which process hosts which service, as far as they have said.
class Directory {
 public:
  Directory(std::vector<std::string> peers, Caller& caller)
      : caller_(caller), unasked_(std::move(peers)) {}

  void add(const std::string& url) {
    const std::lock_guard lock(mutex_);
    unasked_.push_back(url);
  }

  // Asks whoever was not asked yet. Without an answer of each nobody knows who wants an event.
  Result<void> complete(Deadline deadline) {
    const std::lock_guard asking(asking_);
    for (;;) {
      std::string url;
      {
        const std::lock_guard lock(mutex_);
        if (unasked_.empty()) return {};
        url = unasked_.back();
      }
      const auto answer = caller_.get(url + "/events", deadline);
      if (!answer) return Unexpected(answer.error());
      if (answer->status != 200) {
        return Unexpected(stampede::transports::error_of(answer->status, answer->body));
      }
      const auto said = stampede::transports::decode_subscriptions(answer->body);
      if (!said) return fail(said.error().code, url + "/events: " + said.error().message);
      const std::lock_guard lock(mutex_);
      for (const auto& [topic, service] : *said) wanted_[topic][service].push_back(url);
      unasked_.pop_back();
    }
  }

  // The processes of each service that wants the topic, from the one whose turn it is.
  std::vector<std::pair<std::string, std::vector<std::string>>> who_wants(
      const std::string& topic) {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::vector<std::string>>> chosen;
    const auto found = wanted_.find(topic);
    if (found == wanted_.end()) return chosen;
    const auto turn = turn_++;
    for (const auto& [service, urls] : found->second) {
      auto& turns = chosen.emplace_back(service, urls).second;
      const auto first = static_cast<std::ptrdiff_t>(turn % urls.size());
      std::ranges::rotate(turns, turns.begin() + first);
    }
    return chosen;
  }

 private:
  Caller& caller_;
  std::mutex asking_;  // One at a time asks.
  std::mutex mutex_;   // Guards the rest.
  std::vector<std::string> unasked_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> wanted_;
  std::size_t turn_ = 0;
};

class Http final : public stampede::Transport, private EventDoor {
 public:
  explicit Http(const PluginConfig& config)
      : caller_(config.text("connections") == "keepalive"),
        directory_(peers_of(config.text("peers")), caller_) {}
  ~Http() override { Http::stop(); }

  bool synchronous() const override { return true; }

  Result<void> subscribe(std::string_view topic, std::string_view service,
                         BatchHandler handler) override {
    handlers_[{std::string(service), std::string(topic)}] = std::move(handler);
    return {};
  }

  Result<void> start() override {
    if (url_.empty() && !handlers_.empty()) {
      return fail(ErrorCode::kInvalid,
                  "http: services are subscribed, but nobody listens for them");
    }
    if (!handlers_.empty()) directory_.add(url_);
    const std::lock_guard lock(mutex_);
    running_ = true;
    return {};
  }

  Result<void> publish(std::span<const Event> events, Deadline deadline) override {
    if (auto known = directory_.complete(deadline); !known) return known;
    for (std::size_t from = 0; from < events.size();) {
      auto until = from + 1;
      while (until < events.size() && events[until].topic == events[from].topic) ++until;
      const auto same_topic = events.subspan(from, until - from);
      if (auto sent = send(same_topic, deadline); !sent) return sent;
      published_ += static_cast<std::int64_t>(same_topic.size());
      from = until;
    }
    return {};
  }

  void stop() noexcept override {
    std::unique_lock lock(mutex_);
    running_ = false;
    ended_.wait(lock, [&] { return receiving_ == 0; });
  }

  TransportStats stats() const override {
    return {.published = published_,
            .delivered = delivered_,
            .redelivered = 0,
            .lags = {},
            .gauges = {{"failed_calls", static_cast<double>(failed_calls_)}}};
  }

  EventDoor* door() override { return this; }

 private:
  void opened_at(std::string url) override { url_ = std::move(url); }

  std::string subscriptions() const override {
    std::vector<Subscription> all;
    for (const auto& [wanted, handler] : handlers_) all.push_back({wanted.second, wanted.first});
    return stampede::transports::encode_subscriptions(all);
  }

  Result<void> receive(std::string_view service, std::string_view body,
                       Deadline deadline) override {
    const auto events = stampede::transports::decode_events(body);
    if (!events) return Unexpected(events.error());
    if (events->empty()) return {};
    const auto& topic = events->front().topic;
    if (std::ranges::any_of(*events, [&](const Event& event) { return event.topic != topic; })) {
      return fail(ErrorCode::kInvalid, "the events of one call have one topic");
    }
    const auto found = handlers_.find({std::string(service), topic});
    if (found == handlers_.end()) {
      return fail(ErrorCode::kNotFound,
                  "no service " + std::string(service) + " here wants " + topic);
    }
    if (!begin_receiving()) return fail(ErrorCode::kUnavailable, "the services are not running");
    auto handled = found->second(*events, deadline);
    if (handled) delivered_ += static_cast<std::int64_t>(events->size());
    end_receiving();
    return handled;
  }

  bool begin_receiving() {
    const std::lock_guard lock(mutex_);
    if (!running_) return false;
    ++receiving_;
    return true;
  }

  void end_receiving() {
    const std::lock_guard lock(mutex_);
    if (--receiving_ == 0) ended_.notify_all();
  }

  Result<void> send(std::span<const Event> events, Deadline deadline) {
    const auto wanted = directory_.who_wants(events.front().topic);
    if (wanted.empty()) return {};
    std::vector<const Event*> all;
    for (const auto& event : events) all.push_back(&event);
    const auto body = stampede::transports::encode_events(all);
    for (const auto& [service, urls] : wanted) {
      Result<void> taken;
      for (const auto& url : urls) {
        taken = send_to(service, url, body, deadline);
        // Another instance may take what this one may have taken: the service drops duplicates.
        if (taken || taken.error().code != ErrorCode::kUnavailable) break;
      }
      if (!taken) return taken;
    }
    return {};
  }

  Result<void> send_to(const std::string& service, const std::string& url, const std::string& body,
                       Deadline deadline) {
    auto address = url;
    address.append("/events/").append(service);
    const auto answer = caller_.post(address, body, deadline);
    if (answer && answer->status < 300) return {};
    ++failed_calls_;
    if (!answer) return Unexpected(answer.error());
    auto error = stampede::transports::error_of(answer->status, answer->body);
    auto who = service;
    who.append(" at ").append(url).append(": ");
    error.message.insert(0, who);
    return Unexpected(std::move(error));
  }

  std::map<std::pair<std::string, std::string>, BatchHandler> handlers_;  // Fixed after start().
  std::string url_;
  Caller caller_;
  Directory directory_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool running_ = false;  // These are guarded by the mutex.
  int receiving_ = 0;
  std::atomic<std::int64_t> published_ = 0;
  std::atomic<std::int64_t> delivered_ = 0;
  std::atomic<std::int64_t> failed_calls_ = 0;
};

}  // namespace

STAMPEDE_PLUGIN(Http, stampede::Transport, "http",
                "Calls the process that hosts the service, and returns when it has handled them",
                kOptions)
