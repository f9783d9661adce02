// A gate in the memory of the process: exact, and for one process only. What it knows ends with the
// process; the next one starts closed and is loaded from the store.

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/plugin/export.hpp"
#include "plugins/gates/holder.hpp"
#include "plugins/gates/tally.hpp"

namespace {

using stampede::Claim;
using stampede::Clock;
using stampede::Context;
using stampede::Deadline;
using stampede::Decision;
using stampede::GateState;
using stampede::GateStats;
using stampede::Holder;
using stampede::Resource;
using stampede::Result;
using stampede::SettledClaim;
using stampede::Settlement;
using stampede::gates::holder_name;

struct Grant {
  Claim claim;
  Clock::time_point at;
};

// What is known of one resource.
struct Hall {
  bool open = false;
  std::int64_t remaining = 0;
  std::unordered_map<std::string, std::string> holders;  // To the request of each.
  std::unordered_map<std::string, Grant> pending;

  Decision decide(const Claim& claim) {
    if (!open) return Decision::kClosed;
    auto holder = holder_name(claim);
    if (const auto held = holders.find(holder); held != holders.end()) {
      return held->second == claim.request ? Decision::kGranted : Decision::kAlready;
    }
    if (remaining < claim.quantity) return Decision::kSoldOut;
    remaining -= claim.quantity;
    pending.emplace(holder, Grant{claim, Clock::now()});
    holders.emplace(std::move(holder), claim.request);
    return Decision::kGranted;
  }

  void settle(const SettledClaim& settled) {
    const auto holder = holder_name(settled.claim);
    const auto granted = pending.find(holder);
    if (granted == pending.end() || granted->second.claim.request != settled.claim.request) return;
    if (settled.how == Settlement::kReturned) {
      remaining += granted->second.claim.quantity;
      holders.erase(holder);
    }
    pending.erase(granted);
  }

  void load(Resource resource, std::int64_t left, std::span<const Holder> known) {
    open = true;
    remaining = left;
    holders.clear();
    for (const auto& [user, request] : known) {
      holders.emplace(holder_name(resource, user, request), request);
    }
    std::erase_if(pending, [this](const auto& entry) { return holders.contains(entry.first); });
    for (const auto& [holder, grant] : pending) {
      holders.emplace(holder, grant.claim.request);
      remaining -= grant.claim.quantity;
    }
    remaining = std::max<std::int64_t>(remaining, 0);
  }
};

class Memory final : public stampede::Gate {
 public:
  explicit Memory(const stampede::PluginConfig&) {}

  stampede::Sharing sharing() const override { return stampede::Sharing::kProcess; }
  bool exact() const override { return true; }

  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context&) override {
    std::vector<Result<Decision>> decisions;
    decisions.reserve(claims.size());
    {
      const std::lock_guard lock(mutex_);
      for (const auto& claim : claims) {
        const auto hall = halls_.find(claim.resource);
        decisions.emplace_back(hall == halls_.end() ? Decision::kClosed
                                                    : hall->second.decide(claim));
      }
    }
    tally_.add(decisions);
    return decisions;
  }

  Result<void> settle(std::span<const SettledClaim> claims, Deadline) override {
    const std::lock_guard lock(mutex_);
    for (const auto& settled : claims) {
      const auto hall = halls_.find(settled.claim.resource);
      if (hall != halls_.end()) hall->second.settle(settled);
    }
    return {};
  }

  Result<std::vector<Claim>> pending(Resource resource, std::chrono::nanoseconds age,
                                     std::size_t limit, Deadline) override {
    std::vector<Grant> old;
    {
      const auto until = Clock::now() - age;
      const std::lock_guard lock(mutex_);
      for (const auto& [holder, grant] : halls_[resource].pending) {
        if (grant.at <= until) old.push_back(grant);
      }
    }
    std::ranges::sort(old, {}, &Grant::at);
    std::vector<Claim> claims;
    for (auto& grant : old) {
      if (claims.size() == limit) break;
      claims.push_back(std::move(grant.claim));
    }
    return claims;
  }

  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline) override {
    const std::lock_guard lock(mutex_);
    halls_[resource].load(resource, remaining, holders);
    return {};
  }

  Result<void> close(Resource resource, Deadline) override {
    const std::lock_guard lock(mutex_);
    halls_[resource].open = false;
    return {};
  }

  Result<GateState> state(Resource resource, Deadline) override {
    const std::lock_guard lock(mutex_);
    const auto& hall = halls_[resource];
    return GateState{.open = hall.open,
                     .remaining = hall.remaining,
                     .holders = std::ssize(hall.holders),
                     .pending = std::ssize(hall.pending)};
  }

  GateStats stats() const override { return tally_.stats(); }

 private:
  std::mutex mutex_;
  std::map<Resource, Hall> halls_;
  stampede::gates::Tally tally_;
};

}  // namespace

STAMPEDE_PLUGIN(Memory, stampede::Gate, "memory", "In the memory of one process: exact and fast",
                stampede::plugin::kNoOptions)
