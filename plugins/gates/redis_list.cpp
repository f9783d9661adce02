// The gate as it is often built: coupons lie in a Redis list and winners in a Redis set, and three
// commands in a row decide a claim: is the user in the set, take one from the list, put the user
// into the set.
//
// Nothing ties the three together. Two requests of one user may both find the set without him and
// take two; a process that dies, or a connection that breaks, after the second command has lost a
// coupon for good. It remembers no request, so a repeated one is told "already". That is what it is
// here to show: use redis_lua.

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/export.hpp"
#include "plugins/gates/redis_server.hpp"
#include "plugins/gates/tally.hpp"

namespace {

using stampede::Claim;
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
using stampede::gates::RedisServer;
using stampede::redis::Reply;
using stampede::redis::Script;

constexpr stampede::OptionSpec kOptions[] = {
    stampede::gates::kUrlOption, stampede::gates::kPrefixOption, stampede::gates::kTimeoutOption};

// Loading is not part of the sequence, and needs no claim to be made by hand. The mark tells a list
// that was sold out from one that is lost.
constexpr std::string_view kFill = R"lua(
local list, winners, mark = KEYS[1], KEYS[2], KEYS[3]
if ARGV[1] == 'first' then
  redis.call('DEL', mark)
  redis.call('UNLINK', list, winners)
end
local coupons = tonumber(ARGV[2])
for i = 1, coupons do
  redis.call('RPUSH', list, '1')
end
for i = 4, #ARGV do
  redis.call('SADD', winners, ARGV[i])
end
if ARGV[3] == 'last' then
  redis.call('SET', mark, '1')
end
return 1
)lua";

constexpr std::int64_t kMostCouponsAtOnce = 10'000;
constexpr std::size_t kMostWinnersAtOnce = 1'000;

const Script& fill_script() {
  static const Script kScript(kFill);
  return kScript;
}

// Short of what a list of coupons cannot say.
Result<void> check(const Claim& claim) {
  if (claim.resource.kind == Resource::Kind::kCoupon && claim.quantity == 1) return {};
  return fail(ErrorCode::kInvalid, "redis_list gives single coupons; use redis_lua for stock");
}

class RedisList final : public stampede::Gate {
 public:
  explicit RedisList(const stampede::PluginConfig& config) : server_(config, {}) {}

  stampede::Sharing sharing() const override { return stampede::Sharing::kNetwork; }
  bool exact() const override { return false; }

  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) override {
    std::vector<Result<Decision>> decisions;
    decisions.reserve(claims.size());
    for (const auto& claim : claims) decisions.push_back(decide(claim, context.deadline));
    tally_.add(decisions);
    return decisions;
  }

  Result<void> settle(std::span<const SettledClaim> claims, Deadline deadline) override {
    for (const auto& [claim, how] : claims) {
      if (how == Settlement::kIssued) continue;
      const auto list = key(claim.resource, "list");
      const auto winners = key(claim.resource, "winners");
      const auto user = std::to_string(value_of(claim.user));
      if (auto left = server_.ask({"SREM", winners, user}, deadline); !left) {
        return Unexpected(std::move(left.error()));
      } else if (!left->is(1)) {
        continue;
      }
      if (auto back = server_.ask({"RPUSH", list, "1"}, deadline); !back) {
        return Unexpected(std::move(back.error()));
      }
    }
    return {};
  }

  Result<std::vector<Claim>> pending(Resource, std::chrono::nanoseconds, std::size_t,
                                     Deadline) override {
    return std::vector<Claim>();
  }

  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline deadline) override {
    const std::vector<std::string> keys{key(resource, "list"), key(resource, "winners"),
                                        key(resource, "mark")};
    for (bool first = true, last = false; !last; first = false) {
      const auto coupons = std::min(remaining, kMostCouponsAtOnce);
      const auto some = holders.first(std::min(holders.size(), kMostWinnersAtOnce));
      remaining -= coupons;
      holders = holders.subspan(some.size());
      last = remaining == 0 && holders.empty();
      std::vector<std::string> words{first ? "first" : "", std::to_string(coupons),
                                     last ? "last" : ""};
      for (const auto& holder : some) words.push_back(std::to_string(value_of(holder.user)));
      const std::vector<std::string_view> arguments(words.begin(), words.end());
      const auto reply = server_.ask({fill_script(), keys, arguments}, deadline);
      if (!reply) return Unexpected(reply.error());
    }
    return {};
  }

  Result<void> close(Resource resource, Deadline deadline) override {
    const auto mark = key(resource, "mark");
    const auto list = key(resource, "list");
    const auto reply = server_.ask({"DEL", mark, list}, deadline);
    if (!reply) return Unexpected(reply.error());
    return {};
  }

  Result<GateState> state(Resource resource, Deadline deadline) override {
    const auto list = key(resource, "list");
    const auto winners = key(resource, "winners");
    const auto mark = key(resource, "mark");
    const auto open = server_.ask({"EXISTS", mark}, deadline);
    if (!open) return Unexpected(open.error());
    const auto left = server_.ask({"LLEN", list}, deadline);
    if (!left) return Unexpected(left.error());
    const auto holders = server_.ask({"SCARD", winners}, deadline);
    if (!holders) return Unexpected(holders.error());
    return GateState{
        .open = open->is(1), .remaining = left->integer, .holders = holders->integer, .pending = 0};
  }

  GateStats stats() const override { return tally_.stats(); }

 private:
  std::string key(Resource resource, std::string_view part) const {
    return server_.key(resource, part);
  }

  Result<Decision> decide(const Claim& claim, Deadline deadline) {
    if (auto fit = check(claim); !fit) return Unexpected(std::move(fit.error()));
    const auto winners = key(claim.resource, "winners");
    const auto list = key(claim.resource, "list");
    const auto user = std::to_string(value_of(claim.user));

    const auto won = server_.ask({"SISMEMBER", winners, user}, deadline);
    if (!won) return Unexpected(won.error());
    if (won->is(1)) return Decision::kAlready;

    const auto coupon = server_.ask({"LPOP", list}, deadline);
    if (!coupon) return Unexpected(coupon.error());
    if (coupon->kind == Reply::Kind::kNil) return sold_out_or_closed(claim.resource, deadline);

    const auto added = server_.ask({"SADD", winners, user}, deadline);
    if (!added) return Unexpected(added.error());  // The coupon is lost.
    return Decision::kGranted;
  }

  Result<Decision> sold_out_or_closed(Resource resource, Deadline deadline) {
    const auto mark = key(resource, "mark");
    const auto open = server_.ask({"EXISTS", mark}, deadline);
    if (!open) return Unexpected(open.error());
    return open->is(1) ? Decision::kSoldOut : Decision::kClosed;
  }

  RedisServer server_;
  stampede::gates::Tally tally_;
};

}  // namespace

STAMPEDE_PLUGIN(RedisList, stampede::Gate, "redis_list",
                "In Redis, in three separate commands: can lose coupons and give two", kOptions)
