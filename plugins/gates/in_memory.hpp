// A gate in the memory of the process, under one mutex: a hall for each resource decides. The hall
// is a parameter so that tests can put in one that is broken. Safe for concurrent use.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "core/api/gate.hpp"
#include "plugins/gates/tally.hpp"

namespace stampede::gates {

template <typename HallType>
class InMemory : public Gate {
 public:
  Sharing sharing() const override { return Sharing::kProcess; }
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
    std::vector<typename HallType::Grant> old;
    {
      const auto until = Clock::now() - age;
      const std::lock_guard lock(mutex_);
      for (const auto& [holder, grant] : halls_[resource].pending) {
        if (grant.at <= until) old.push_back(grant);
      }
    }
    std::ranges::sort(old, {}, &HallType::Grant::at);
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
  std::map<Resource, HallType> halls_;
  Tally tally_;
};

}  // namespace stampede::gates
