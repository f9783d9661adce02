// The one Redis server that keeps a gate's state, and what every key in it begins with. Safe for
// concurrent use.

#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "core/api/gate.hpp"
#include "core/api/plugin_config.hpp"
#include "plugins/redis/one_server.hpp"

namespace stampede::gates {

inline constexpr OptionSpec kUrlOption{"url", OptionType::kText, "", "",
                                       "The Redis server that keeps the state, host:port"};
inline constexpr OptionSpec kPrefixOption{
    "prefix", OptionType::kText, "stampede:gate:", "",
    "What every key in Redis begins with; sales that share a server need different ones"};
inline constexpr OptionSpec kTimeoutOption{"timeout", OptionType::kDuration, "500ms", "1ms..10s",
                                           "How long Redis may take to answer"};

class RedisServer : public redis::OneServer {
 public:
  RedisServer(const PluginConfig& config, std::span<const redis::Script* const> scripts)
      : OneServer(config.text("url"), config.duration("timeout"), scripts),
        prefix_(config.text("prefix")) {}

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

 private:
  const std::string prefix_;
};

using redis::unexpected_reply;

}  // namespace stampede::gates
