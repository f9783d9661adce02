// What a gate in memory knows of one resource: how many are left, who has one, and what is not
// settled. Not safe for concurrent use: whoever owns it has a lock.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/api/gate.hpp"
#include "plugins/gates/holder.hpp"

namespace stampede::gates {

struct Hall {
  struct Grant {
    Claim claim;
    Clock::time_point at;
  };

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

}  // namespace stampede::gates
