// A ranking in Redis that instances share: one sorted set for each day, and beside them how far it
// has come. A step of sales is one script, which does nothing when the ranking stands elsewhere, so
// that however many fill it, and however often, every sale is counted once.
//
// The days of one filling carry its token: when Redis has lost where it stands, the next filling
// begins with fresh sets, and what is left of the last one expires.

#include <array>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/ranking.hpp"
#include "core/plugin/export.hpp"
#include "plugins/redis/one_server.hpp"

namespace {

using stampede::Deadline;
using stampede::ErrorCode;
using stampede::fail;
using stampede::ProductId;
using stampede::RankedProduct;
using stampede::RankingPosition;
using stampede::RankingStep;
using stampede::Result;
using stampede::TimePoint;
using stampede::Unexpected;
using stampede::redis::Reply;
using stampede::redis::Script;

constexpr stampede::OptionSpec kOptions[] = {
    {"url", stampede::OptionType::kText, "", "",
     "The Redis server that keeps the ranking, host:port"},
    {"prefix", stampede::OptionType::kText, "stampede:ranking:", "",
     "What every key in Redis begins with; sales that share a server need different ones"},
    {"timeout", stampede::OptionType::kDuration, "500ms", "1ms..10s",
     "How long Redis may take to answer"}};

// The state is a hash: the token of this filling, where it stands, and whether it was complete
// once.
constexpr std::string_view kAdd = R"lua(
local state, base = KEYS[1], ARGV[1]
local from, to, complete, token, keep = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if (redis.call('HGET', state, 'at') or '') ~= from then return 0 end
if from == '' then
  redis.call('HSET', state, 'token', token)
else
  token = redis.call('HGET', state, 'token')
end
local days = {}
for i = 7, #ARGV, 3 do
  local day = base .. token .. ':' .. ARGV[i]
  redis.call('ZINCRBY', day, ARGV[i + 2], ARGV[i + 1])
  days[day] = true
end
for day in pairs(days) do redis.call('EXPIRE', day, keep) end
redis.call('HSET', state, 'at', to)
if complete == '1' then redis.call('HSET', state, 'ready', '1') end
return 1
)lua";

// Weighed by -1, so that the best come first and equal ones by name.
constexpr std::string_view kBest = R"lua(
local state, base, first, limit = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', state, 'ready', 'token')
if not known[1] then return false end
local last = math.floor(redis.call('TIME')[1] / 86400) + 1
local days, weights = {}, {}
for day = first, last do
  days[#days + 1] = base .. known[2] .. ':' .. day
  weights[#weights + 1] = -1
end
if #days == 0 then return {} end
local sum = base .. known[2] .. ':sum'
local words = {'ZUNIONSTORE', sum, #days}
for _, day in ipairs(days) do words[#words + 1] = day end
words[#words + 1] = 'WEIGHTS'
for _, weight in ipairs(weights) do words[#words + 1] = weight end
redis.call(unpack(words))
local best = redis.call('ZRANGE', sum, 0, limit - 1, 'WITHSCORES')
redis.call('DEL', sum)
return best
)lua";

const Script& add_script() {
  static const Script kScript(kAdd);
  return kScript;
}
const Script& best_script() {
  static const Script kScript(kBest);
  return kScript;
}

// Longer than anybody can ask back.
constexpr std::string_view kKeepSeconds = "34560000";  // 400 days.
constexpr std::size_t kMemberDigits = 19;              // Of any id, so that names sort as ids do.

std::string day_of(TimePoint at) {
  return std::to_string(std::chrono::floor<std::chrono::days>(at).time_since_epoch().count());
}

std::string member_of(ProductId product) {
  auto digits = std::to_string(value_of(product));
  return std::string(kMemberDigits - std::min(kMemberDigits, digits.size()), '0') + digits;
}

std::string make_token() {
  std::random_device device;
  return std::to_string(device()) + "-" + std::to_string(device());
}

class RedisZset final : public stampede::Ranking {
 public:
  explicit RedisZset(const stampede::PluginConfig& config)
      : base_(config.text("prefix") + "{ranking}:"),
        state_(base_ + "state"),
        server_(config.text("url"), config.duration("timeout"),
                std::array{&add_script(), &best_script()}) {}

  Result<RankingPosition> position(Deadline deadline) override {
    const auto reply = server_.ask({"HMGET", state_, "at", "ready"}, deadline);
    if (!reply) return Unexpected(reply.error());
    if (reply->list.size() != 2) return stampede::redis::unexpected_reply("HMGET", *reply);
    const auto& at = reply->list[0];
    RankingPosition position;
    if (at.kind == Reply::Kind::kText) position.at = std::stoll(at.text);
    position.complete = reply->list[1].kind == Reply::Kind::kText;
    return position;
  }

  Result<void> add(const RankingStep& step, Deadline deadline) override {
    std::map<std::pair<std::string, ProductId>, std::int64_t> sums;
    for (const auto& sale : step.sales) sums[{day_of(sale.at), sale.product}] += sale.quantity;
    std::vector<std::string> words{base_,
                                   step.from ? std::to_string(*step.from) : "",
                                   std::to_string(step.to),
                                   step.complete ? "1" : "0",
                                   make_token(),
                                   std::string(kKeepSeconds)};
    for (const auto& [what, quantity] : sums) {
      words.push_back(what.first);
      words.push_back(member_of(what.second));
      words.push_back(std::to_string(quantity));
    }
    const std::vector<std::string> keys{state_};
    const std::vector<std::string_view> arguments(words.begin(), words.end());
    const auto reply = server_.ask({add_script(), keys, arguments}, deadline);
    if (!reply) return Unexpected(reply.error());
    if (reply->is(1)) return {};
    return fail(ErrorCode::kConflict, "the ranking stands elsewhere: another has filled it");
  }

  Result<std::optional<std::vector<RankedProduct>>> best(TimePoint since, std::int64_t limit,
                                                         Deadline deadline) override {
    const std::vector<std::string> keys{state_};
    const auto first = day_of(since);
    const auto most = std::to_string(limit);
    const std::array<std::string_view, 3> arguments{base_, first, most};
    const auto reply = server_.ask({best_script(), keys, arguments}, deadline);
    if (!reply) return Unexpected(reply.error());
    if (reply->kind == Reply::Kind::kNil) return std::optional<std::vector<RankedProduct>>();
    std::vector<RankedProduct> best;
    for (std::size_t i = 0; i + 1 < reply->list.size(); i += 2) {
      best.push_back(
          {ProductId{std::stoll(reply->list[i].text)}, -std::stoll(reply->list[i + 1].text)});
    }
    return std::optional(std::move(best));
  }

 private:
  const std::string base_;
  const std::string state_;
  stampede::redis::OneServer server_;
};

}  // namespace

STAMPEDE_PLUGIN(RedisZset, stampede::Ranking, "redis_zset",
                "In Redis, shared by instances: a sorted set of units sold for each day", kOptions)
