// A gate in Redis that instances share. One script decides a claim in one step: who has one, how
// many are left, the grant, and a pending entry with its time, so that a crash between the grant
// and whatever follows leaves something to go on from. Concurrent claims go out in one call.
//
// While the count of what is left is missing the gate is closed: Redis was emptied, or nobody
// loaded it yet.

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/export.hpp"
#include "plugins/gates/coalescer.hpp"
#include "plugins/gates/holder.hpp"
#include "plugins/gates/redis_server.hpp"
#include "plugins/gates/tally.hpp"

namespace {

using stampede::Claim;
using stampede::Clock;
using stampede::Context;
using stampede::Deadline;
using stampede::Decision;
using stampede::ErrorCode;
using stampede::fail;
using stampede::GateState;
using stampede::GateStats;
using stampede::Holder;
using stampede::Resource;
using stampede::Result;
using stampede::SettledClaim;
using stampede::Settlement;
using stampede::Unexpected;
using stampede::gates::Coalescer;
using stampede::gates::RedisServer;
using stampede::gates::Step;
using stampede::redis::Reply;
using stampede::redis::Script;

constexpr stampede::OptionSpec kOptions[] = {
    stampede::gates::kUrlOption, stampede::gates::kPrefixOption, stampede::gates::kTimeoutOption};

// Who loads marks it with a token of his own; who finds another's, or none, has been overtaken.
constexpr std::string_view kBegin = R"lua(
local left, loading, arriving = KEYS[1], KEYS[2], KEYS[3]
redis.call('DEL', left)
redis.call('UNLINK', arriving)
redis.call('SET', loading, ARGV[1])
return 1
)lua";

constexpr std::string_view kArrive = R"lua(
local loading, arriving = KEYS[1], KEYS[2]
if redis.call('GET', loading) ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 2 do
  redis.call('HSET', arriving, ARGV[i], ARGV[i + 1])
end
return 1
)lua";

// What is pending stays granted, unless the store has it by now.
constexpr std::string_view kOpen = R"lua(
local left, loading, arriving, holders, pending, since =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
if redis.call('GET', loading) ~= ARGV[1] then return 0 end
redis.call('UNLINK', holders)
if redis.call('EXISTS', arriving) == 1 then
  redis.call('RENAME', arriving, holders)
end
local remaining = tonumber(ARGV[2])
local granted = redis.call('HGETALL', pending)
for i = 1, #granted, 2 do
  local holder = granted[i]
  if redis.call('HEXISTS', holders, holder) == 1 then
    redis.call('HDEL', pending, holder)
    redis.call('ZREM', since, holder)
  else
    local _, quantity, request = string.match(granted[i + 1], '^(%S+) (%S+) (.*)$')
    redis.call('HSET', holders, holder, request)
    remaining = remaining - tonumber(quantity)
  end
end
redis.call('SET', left, string.format('%d', math.max(remaining, 0)))
redis.call('DEL', loading)
return 1
)lua";

constexpr std::string_view kPending = R"lua(
local pending, since = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local latest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
local holders = redis.call('ZRANGEBYSCORE', since, '-inf', latest, 'LIMIT', 0, ARGV[2])
if #holders == 0 then return {} end
return redis.call('HMGET', pending, unpack(holders))
)lua";

constexpr std::string_view kState = R"lua(
return {redis.call('GET', KEYS[1]), redis.call('HLEN', KEYS[2]), redis.call('HLEN', KEYS[3])}
)lua";

// Some at a time, so that Redis answers others in between and Lua's stack holds them.
constexpr std::size_t kMostAtOnce = 1'000;

const Script& begin_script() {
  static const Script kScript(kBegin);
  return kScript;
}
const Script& arrive_script() {
  static const Script kScript(kArrive);
  return kScript;
}
const Script& open_script() {
  static const Script kScript(kOpen);
  return kScript;
}
const Script& pending_script() {
  static const Script kScript(kPending);
  return kScript;
}
const Script& state_script() {
  static const Script kScript(kState);
  return kScript;
}

std::string make_token() {
  std::random_device device;
  return std::to_string(device()) + "-" + std::to_string(device());
}

// "7 1 request-id", as the script of claims wrote it.
std::optional<Claim> read_pending(Resource resource, const std::string& text) {
  const auto first = text.find(' ');
  const auto second = first == std::string::npos ? first : text.find(' ', first + 1);
  if (second == std::string::npos) return std::nullopt;
  return Claim{.resource = resource,
               .user = stampede::UserId{std::stoll(text.substr(0, first))},
               .quantity = std::stoll(text.substr(first + 1, second - first - 1)),
               .request = text.substr(second + 1)};
}

class RedisLua final : public stampede::Gate {
 public:
  explicit RedisLua(const stampede::PluginConfig& config)
      : server_(config, std::array{&Coalescer::script(), &state_script(), &pending_script()}),
        coalescer_(server_) {}

  stampede::Sharing sharing() const override { return stampede::Sharing::kNetwork; }
  bool exact() const override { return true; }

  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) override {
    std::vector<Step> steps;
    steps.reserve(claims.size());
    for (const auto& claim : claims) steps.push_back({Step::Verb::kClaim, claim});
    auto decided = run(std::move(steps), context.deadline);
    std::vector<Result<Decision>> decisions;
    if (decided) {
      decisions.assign(decided->begin(), decided->end());
    } else {
      decisions.assign(claims.size(), Unexpected(decided.error()));
    }
    tally_.add(decisions);
    return decisions;
  }

  Result<void> settle(std::span<const SettledClaim> claims, Deadline deadline) override {
    std::vector<Step> steps;
    steps.reserve(claims.size());
    for (const auto& [claim, how] : claims) {
      steps.push_back(
          {how == Settlement::kIssued ? Step::Verb::kIssued : Step::Verb::kReturned, claim});
    }
    auto settled = run(std::move(steps), deadline);
    if (!settled) return Unexpected(std::move(settled.error()));
    return {};
  }

  Result<std::vector<Claim>> pending(Resource resource, std::chrono::nanoseconds age,
                                     std::size_t limit, Deadline deadline) override {
    const std::vector<std::string> keys{key(resource, "pending"), key(resource, "since")};
    const auto oldest =
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(age).count());
    const auto most = std::to_string(std::min(limit, kMostAtOnce));
    const std::array<std::string_view, 2> arguments{oldest, most};
    const auto reply = server_.ask({pending_script(), keys, arguments}, deadline);
    if (!reply) return Unexpected(reply.error());
    std::vector<Claim> claims;
    for (const auto& entry : reply->list) {
      auto claim = read_pending(resource, entry.text);
      if (!claim) return stampede::gates::unexpected_reply("the script of what is pending", entry);
      claims.push_back(std::move(*claim));
    }
    return claims;
  }

  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline deadline) override {
    const auto token = make_token();
    const std::array<std::string_view, 1> mark{token};
    auto begun = step(begin_script(), {"left", "loading", "arriving"}, resource, mark, deadline);
    if (!begun) return begun;
    while (!holders.empty()) {
      const auto some = holders.first(std::min(holders.size(), kMostAtOnce));
      holders = holders.subspan(some.size());
      std::vector<std::string> names;
      names.reserve(some.size());
      std::vector<std::string_view> arguments{token};
      for (const auto& [user, request] : some) {
        arguments.push_back(
            names.emplace_back(stampede::gates::holder_name(resource, user, request)));
        arguments.push_back(request);
      }
      auto arrived = step(arrive_script(), {"loading", "arriving"}, resource, arguments, deadline);
      if (!arrived) return arrived;
    }
    const auto left = std::to_string(remaining);
    const std::array<std::string_view, 2> opening{token, left};
    return step(open_script(), {"left", "loading", "arriving", "holders", "pending", "since"},
                resource, opening, deadline);
  }

  Result<void> close(Resource resource, Deadline deadline) override {
    const auto left = key(resource, "left");
    const auto loading = key(resource, "loading");
    const auto reply = server_.ask({"DEL", left, loading}, deadline);
    if (!reply) return Unexpected(reply.error());
    return {};
  }

  Result<GateState> state(Resource resource, Deadline deadline) override {
    const std::vector<std::string> keys{key(resource, "left"), key(resource, "holders"),
                                        key(resource, "pending")};
    const auto reply = server_.ask({state_script(), keys, {}}, deadline);
    if (!reply) return Unexpected(reply.error());
    if (reply->list.size() != 3) {
      return stampede::gates::unexpected_reply("the script of the state", *reply);
    }
    const auto& left = reply->list[0];
    const bool open = left.kind == Reply::Kind::kText;
    return GateState{.open = open,
                     .remaining = open ? std::stoll(left.text) : 0,
                     .holders = reply->list[1].integer,
                     .pending = reply->list[2].integer};
  }

  GateStats stats() const override {
    auto stats = tally_.stats();
    const auto calls = coalescer_.calls();
    const auto steps = static_cast<double>(coalescer_.steps());
    stats.gauges = {{"waiting", static_cast<double>(coalescer_.waiting())},
                    {"calls", static_cast<double>(calls)},
                    {"steps_per_call", calls == 0 ? 0 : steps / static_cast<double>(calls)}};
    return stats;
  }

 private:
  std::string key(Resource resource, std::string_view part) const {
    return server_.key(resource, part);
  }

  Result<std::vector<Decision>> run(std::vector<Step> steps, Deadline deadline) {
    if (!server_.has_url()) return RedisServer::no_url();
    if (steps.empty()) return std::vector<Decision>();
    return coalescer_.run(std::move(steps), deadline);
  }

  // One step of loading: kConflict when it finds that another has come between.
  Result<void> step(const Script& script, std::initializer_list<std::string_view> parts,
                    Resource resource, std::span<const std::string_view> arguments,
                    Deadline deadline) {
    std::vector<std::string> keys;
    for (const auto part : parts) keys.push_back(key(resource, part));
    const auto reply = server_.ask({script, keys, arguments}, deadline);
    if (!reply) return Unexpected(reply.error());
    if (reply->is(1)) return {};
    return fail(ErrorCode::kConflict,
                "the gate was closed, loaded by another, or lost its memory while it was loaded");
  }

  RedisServer server_;
  stampede::gates::Tally tally_;
  Coalescer coalescer_;  // Last: its thread uses the server.
};

}  // namespace

STAMPEDE_PLUGIN(RedisLua, stampede::Gate, "redis_lua",
                "In Redis, shared by instances: one atomic script, many claims in one call",
                kOptions)
