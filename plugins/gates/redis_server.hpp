// The one Redis server that keeps a gate's state: where it is, what every key begins with, and one
// request at a time with its reply. Safe for concurrent use.

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/api/gate.hpp"
#include "core/api/plugin_config.hpp"
#include "plugins/redis/address.hpp"
#include "plugins/redis/nodes.hpp"

namespace stampede::gates {

inline constexpr OptionSpec kUrlOption{"url", OptionType::kText, "", "",
                                       "The Redis server that keeps the state, host:port"};
inline constexpr OptionSpec kPrefixOption{
    "prefix", OptionType::kText, "stampede:gate:", "",
    "What every key in Redis begins with; sales that share a server need different ones"};
inline constexpr OptionSpec kTimeoutOption{"timeout", OptionType::kDuration, "500ms", "1ms..10s",
                                           "How long Redis may take to answer"};

class RedisServer {
 public:
  // Without a url it can be made, but not asked.
  RedisServer(const PluginConfig& config, std::span<const redis::Script* const> scripts)
      : prefix_(config.text("prefix")), timeout_(config.duration("timeout")) {
    const auto& url = config.text("url");
    if (url.empty()) return;
    auto addresses = redis::parse_addresses(url);
    if (!addresses) throw std::invalid_argument("option 'url': " + addresses.error().message);
    if (addresses->size() != 1) {
      throw std::invalid_argument("option 'url' names " + std::to_string(addresses->size()) +
                                  " Redis servers; the state of a gate is on one");
    }
    nodes_ = std::make_unique<redis::Nodes>(std::move(*addresses), timeout_, scripts);
  }

  // "stampede:gate:{coupon:7}:left". What belongs to one resource stays together in a cluster.
  std::string key(Resource resource, std::string_view part) const {
    constexpr std::array<std::string_view, 3> kKinds{"user", "product", "coupon"};
    std::string text = prefix_;
    text += "{";
    text += kKinds[static_cast<std::size_t>(resource.kind)];
    text += ":" + std::to_string(resource.id) + "}:";
    text += part;
    return text;
  }

  // The reply, which is no error reply. kTimeout when the deadline has passed already and
  // kUnavailable when the server cannot be reached, or cannot work now: nothing was done then;
  // kInDoubt when it did not answer, kInternal when it answered with another error.
  Result<redis::Reply> ask(const redis::Request& request, Deadline deadline) {
    if (!nodes_) return no_url();
    auto session = nodes_->borrow();
    return ask(session, request, deadline);
  }
  Result<redis::Reply> ask(redis::Nodes::Session& session, const redis::Request& request,
                           Deadline deadline);

  // A session to keep. Not without a url.
  redis::Nodes::Session borrow() { return nodes_->borrow(); }
  bool has_url() const { return nodes_ != nullptr; }
  static Unexpected no_url() {
    return fail(ErrorCode::kInvalid,
                "the gate's option 'url' is empty; name the Redis server, for example "
                "127.0.0.1:6379");
  }

 private:
  const std::string prefix_;
  const std::chrono::nanoseconds timeout_;
  std::unique_ptr<redis::Nodes> nodes_;
};

// For a reply of another kind than the request's.
inline Unexpected unexpected_reply(std::string_view request, const redis::Reply& reply) {
  return fail(ErrorCode::kInternal,
              "Redis answered " + std::string(request) + " with " + reply.described());
}

}  // namespace stampede::gates
