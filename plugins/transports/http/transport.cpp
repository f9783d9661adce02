// The transport `http`: events are POSTed to the process that hosts the service, and are handled
// when the call returns. Who wants what is asked of each process until it has said so.

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
#include "plugins/transports/http/directory.hpp"
#include "plugins/transports/http/waiting_events.hpp"
#include "plugins/transports/http/wire.hpp"

namespace {

using stampede::BatchHandler;
using stampede::Clock;
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
using stampede::transports::Directory;
using stampede::transports::Subscription;
using stampede::transports::WaitingEvents;

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
    if (!handlers_.empty()) directory_.add(url_, wanted_here());
    directory_.start();
    const std::lock_guard lock(mutex_);
    running_ = true;
    return {};
  }

  // What is known to be wanted goes at once. While somebody has not said what he wants nothing is
  // done with altogether, and is to be published again.
  Result<void> publish(std::span<const Event> events, Deadline deadline) override {
    const bool is_plain = directory_.complete_since() && waiting_.empty();
    auto sent = is_plain ? each_topic(events, [&](auto some) { return send(some, deadline); })
                         : publish_waiting(events, deadline);
    if (sent) published_ += static_cast<std::int64_t>(events.size());
    return sent;
  }

  void stop() noexcept override {
    directory_.stop();
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
    return stampede::transports::encode_subscriptions(wanted_here());
  }

  std::vector<Subscription> wanted_here() const {
    std::vector<Subscription> all;
    for (const auto& [wanted, handler] : handlers_) all.push_back({wanted.second, wanted.first});
    return all;
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

  // Calls `send` with the events of each topic that stand together.
  template <typename Send>
  static Result<void> each_topic(std::span<const Event> events, Send send) {
    for (std::size_t from = 0; from < events.size();) {
      auto until = from + 1;
      while (until < events.size() && events[until].topic == events[from].topic) ++until;
      if (auto sent = send(events.subspan(from, until - from)); !sent) return sent;
      from = until;
    }
    return {};
  }

  Result<void> send(std::span<const Event> events, Deadline deadline) {
    const auto wanted = directory_.who_wants(events.front().topic);
    if (wanted.empty()) return {};
    directory_.pass_turn();
    std::vector<const Event*> all;
    for (const auto& event : events) all.push_back(&event);
    const auto body = stampede::transports::encode_events(all);
    for (const auto& host : wanted) {
      if (auto taken = send_to_one_of(host, body, deadline); !taken) return taken;
    }
    return {};
  }

  Result<void> publish_waiting(std::span<const Event> events, Deadline deadline) {
    if (!waiting_.begin(events, Clock::now())) {
      return fail(ErrorCode::kOverloaded, "too many events wait for " + directory_.silent());
    }
    struct End {
      WaitingEvents& waiting;
      const std::span<const Event> events;
      bool is_finished = false;
      ~End() { waiting.end(events, is_finished); }
    } end{waiting_, events};
    auto sent = send_waiting(events, deadline);
    end.is_finished = sent.has_value();
    return sent;
  }

  // Until there is nothing more to send, and nobody to wait for.
  Result<void> send_waiting(std::span<const Event> events, Deadline deadline) {
    for (;;) {
      const auto complete_since = directory_.complete_since();
      waiting_.prune(Clock::now(), complete_since);
      const auto seen = waiting_.changes();
      Round round;
      auto sent = each_topic(events, [&](auto some) { return send_due(some, deadline, round); });
      if (!sent) return sent;
      if (round.has_sent) continue;
      if (complete_since && !round.is_held) return {};
      if (round.is_soon) {
        if (waiting_.wait_for_change(seen, deadline)) continue;
        return fail(ErrorCode::kTimeout, "earlier events of the same key are still on their way");
      }
      if (complete_since) {
        return fail(ErrorCode::kUnavailable,
                    "earlier events of the same key wait to be published again");
      }
      if (directory_.wait_for_first_answers(deadline) || directory_.complete_since()) continue;
      return fail(ErrorCode::kUnavailable, directory_.silent());
    }
  }

  // What became of one look at all events.
  struct Round {
    bool has_sent = false;
    bool is_held = false;
    bool is_soon = false;
  };

  Result<void> send_due(std::span<const Event> events, Deadline deadline, Round& round) {
    for (const auto& host : directory_.who_wants(events.front().topic)) {
      const auto due = waiting_.due(events, host.first);
      round.is_held = round.is_held || due.is_held;
      round.is_soon = round.is_soon || due.is_soon;
      if (due.events.empty()) continue;
      directory_.pass_turn();
      const auto body = stampede::transports::encode_events(due.events);
      if (auto taken = send_to_one_of(host, body, deadline); !taken) return taken;
      waiting_.handled(due.events, host.first);
      round.has_sent = true;
    }
    return {};
  }

  // Another instance may take what the one before may have taken: the service drops duplicates.
  Result<void> send_to_one_of(const Directory::Host& host, const std::string& body,
                              Deadline deadline) {
    Result<void> taken;
    for (const auto& url : host.second) {
      taken = send_to(host.first, url, body, deadline);
      if (taken || taken.error().code != ErrorCode::kUnavailable) break;
    }
    return taken;
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
  WaitingEvents waiting_;
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
