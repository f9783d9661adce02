// Gates that are broken on purpose, each in one way: the gate in memory with another hall, or with
// something wrong put in front of it. Safe for concurrent use, in so far as they are not broken in
// that.

#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "experiments/check/forwarding.hpp"
#include "plugins/gates/hall.hpp"
#include "plugins/gates/in_memory.hpp"

namespace stampede::kit {

using check::ForwardingGate;
using gates::Hall;
using gates::holder_name;

// Halls.

struct OneTooMany : Hall {
  Decision decide(const Claim& claim) {
    auto changed = claim;
    if (remaining == 0 && std::exchange(has_one_more, false)) changed.quantity = 0;
    return Hall::decide(changed);
  }
  bool has_one_more = true;
};

struct WithoutUsers : Hall {  // Everybody is new.
  Decision decide(const Claim& claim) {
    auto changed = claim;
    if (holders.contains(holder_name(claim))) changed.user = UserId{1'000'000 + ++others};
    return Hall::decide(changed);
  }
  std::int64_t others = 0;
};

struct WithoutRequests : Hall {  // What was granted before is taken again.
  Decision decide(const Claim& claim) {
    const bool is_known = holders.contains(holder_name(claim));
    const auto decision = Hall::decide(claim);
    const bool takes_again = is_known && decision == Decision::kGranted;
    if (takes_again) remaining = std::max<std::int64_t>(remaining - claim.quantity, 0);
    return decision;
  }
};

struct GivesBackTwice : Hall {
  void settle(const SettledClaim& settled) {
    const bool is_pending = pending.contains(holder_name(settled.claim));
    Hall::settle(settled);
    if (!is_pending && settled.how == Settlement::kReturned) remaining += settled.claim.quantity;
  }
};

struct GivesBackOne : Hall {  // However many it were.
  void settle(const SettledClaim& settled) {
    const auto before = remaining;
    Hall::settle(settled);
    if (remaining > before) remaining = before + 1;
  }
};

struct SettlesAnyRequest : Hall {
  void settle(const SettledClaim& settled) {
    auto changed = settled;
    const auto granted = pending.find(holder_name(settled.claim));
    if (granted != pending.end()) changed.claim.request = granted->second.claim.request;
    Hall::settle(changed);
  }
};

struct LoadsWithoutPending : Hall {
  void load(Resource resource, std::int64_t left, std::span<const Holder> known) {
    pending.clear();
    Hall::load(resource, left, known);
  }
};

struct LoadsPendingForNothing : Hall {  // It is kept, but taken from nothing.
  void load(Resource resource, std::int64_t left, std::span<const Holder> known) {
    Hall::load(resource, left, known);
    remaining = left;
  }
};

struct LoadsBelowNothing : Hall {
  void load(Resource resource, std::int64_t left, std::span<const Holder> known) {
    Hall::load(resource, left, known);
    if (std::ssize(pending) > left) remaining = left - std::ssize(pending);
  }
};

struct RemembersForEver : Hall {
  void load(Resource resource, std::int64_t left, std::span<const Holder> known) {
    const auto before = holders;
    Hall::load(resource, left, known);
    holders.insert(before.begin(), before.end());
  }
};

// A gate in memory with such a hall.
template <typename HallType>
std::unique_ptr<Gate> with() {
  return std::make_unique<gates::InMemory<HallType>>();
}

// What is put in front of one.

class GateMutant : public ForwardingGate {
 public:
  explicit GateMutant(std::unique_ptr<Gate> gate) : ForwardingGate(*gate), gate_(std::move(gate)) {}
  GateMutant() : GateMutant(with<Hall>()) {}

 protected:
  Result<Decision> decide(const Claim& claim, Context& context) {
    return std::move(to_.claim({&claim, 1}, context).front());
  }

 private:
  const std::unique_ptr<Gate> gate_;
};

// Where the first two who come at the same time wait for one another, so that the race between them
// happens. Afterwards nobody waits.
class Meeting {
 public:
  enum class Came { kAlone, kFirst, kSecond };
  Came wait() {
    std::unique_lock lock(mutex_);
    if (is_over_) return Came::kAlone;
    if (is_waited_for_) {
      is_over_ = true;
      changed_.notify_all();
      return Came::kSecond;
    }
    is_waited_for_ = true;
    if (changed_.wait_for(lock, std::chrono::seconds(1), [this] { return is_over_; })) {
      return Came::kFirst;
    }
    is_waited_for_ = false;
    return Came::kAlone;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_waited_for_ = false;
  bool is_over_ = false;
};

// A gate that decides each claim by a function of its own.
class DecidesOneByOne : public GateMutant {
 public:
  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) override {
    std::vector<Result<Decision>> decisions;
    for (const auto& claim : claims) decisions.push_back(decide_one(claim, context));
    return decisions;
  }

 private:
  virtual Result<Decision> decide_one(const Claim& claim, Context& context) = 0;
};

// Believes by the time it takes one what it saw before.
class LooksBeforeItTakes final : public DecidesOneByOne {
 private:
  Result<Decision> decide_one(const Claim& claim, Context& context) override {
    const auto seen = to_.state(claim.resource, context.deadline);
    const bool is_left = seen && seen->open && seen->remaining >= claim.quantity;
    if (is_left) meeting_.wait();
    auto decision = decide(claim, context);
    if (is_left && decision && *decision == Decision::kSoldOut) return Decision::kGranted;
    return decision;
  }
  Meeting meeting_;
};

// Two of one user may both find that there is none of him yet.
class RemembersTooLate final : public DecidesOneByOne {
 private:
  Result<Decision> decide_one(const Claim& claim, Context& context) override {
    const auto name = std::pair(claim.resource, claim.user);
    auto changed = claim;
    {
      const std::lock_guard lock(mutex_);
      if (known_.contains(name)) return decide(claim, context);
    }
    const bool is_second = meeting_.wait() == Meeting::Came::kSecond;
    if (is_second) changed.user = UserId{1'000'000};
    const std::lock_guard lock(mutex_);
    known_.insert(name);
    return decide(changed, context);
  }
  Meeting meeting_;
  std::mutex mutex_;
  std::set<std::pair<Resource, UserId>> known_;
};

// Opens with what one says is left and the holders that another one says.
class LoadsInPieces final : public GateMutant {
 public:
  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline deadline) override {
    const auto came = meeting_.wait();
    std::unique_lock lock(mutex_);
    if (came == Meeting::Came::kFirst) {
      changed_.wait(lock, [this] { return is_begun_; });
      return to_.load(resource, remaining, others_, deadline);
    }
    others_.assign(holders.begin(), holders.end());
    auto loaded = to_.load(resource, remaining, holders, deadline);
    is_begun_ = came == Meeting::Came::kSecond;
    changed_.notify_all();
    return loaded;
  }

 private:
  Meeting meeting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Holder> others_;
  bool is_begun_ = false;
};

// Leaves to a load what to do when it is overtaken by a close, and that opens all the same.
class OpensAlthoughOvertaken final : public GateMutant {
 public:
  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline deadline) override {
    const bool is_overtaken = meeting_.wait() != Meeting::Came::kAlone;
    if (!is_overtaken) return to_.load(resource, remaining, holders, deadline);
    static_cast<void>(to_.load(resource, remaining, {}, deadline));
    return fail(ErrorCode::kConflict, "overtaken");
  }
  Result<void> close(Resource resource, Deadline deadline) override {
    if (meeting_.wait() != Meeting::Came::kAlone) return {};
    return to_.close(resource, deadline);
  }

 private:
  Meeting meeting_;
};

class NeverCloses final : public GateMutant {
 public:
  Result<void> close(Resource, Deadline) override { return {}; }
};

class ForgetsPendingWhenItCloses final : public GateMutant {
 public:
  Result<void> close(Resource resource, Deadline deadline) override {
    std::vector<SettledClaim> settled;
    const auto listed = to_.pending(resource, {}, 100'000, deadline);
    for (const auto& claim : *listed) {
      settled.push_back({claim, Settlement::kIssued});
    }
    static_cast<void>(to_.settle(settled, deadline));
    return to_.close(resource, deadline);
  }
};

class MixesUpCoupons final : public DecidesOneByOne {
 private:
  Result<Decision> decide_one(const Claim& claim, Context& context) override {
    auto changed = claim;
    changed.resource.id -= claim.resource.id % 10 == 2 ? 1 : 0;
    return decide(changed, context);
  }
};

class SellsOutWholeCalls final : public GateMutant {
 public:
  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) override {
    auto decisions = to_.claim(claims, context);
    const bool is_sold_out = std::ranges::any_of(decisions, [](const Result<Decision>& decision) {
      return decision && *decision == Decision::kSoldOut;
    });
    if (is_sold_out) std::ranges::fill(decisions, Result<Decision>(Decision::kSoldOut));
    return decisions;
  }
};

class TakesAndSaysTooLate final : public GateMutant {
 public:
  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) override {
    auto decisions = to_.claim(claims, context);
    const Result<Decision> too_late = fail(ErrorCode::kTimeout, "too late");
    if (Clock::now() > context.deadline) std::ranges::fill(decisions, too_late);
    return decisions;
  }
};

class ListsTheNewestFirst final : public GateMutant {
 public:
  Result<std::vector<Claim>> pending(Resource resource, std::chrono::nanoseconds age,
                                     std::size_t limit, Deadline deadline) override {
    auto listed = to_.pending(resource, age, 100'000, deadline);
    std::ranges::reverse(*listed);
    if (listed->size() > limit) listed->resize(limit);
    return listed;
  }
};

class ListsWithoutAge final : public GateMutant {
 public:
  Result<std::vector<Claim>> pending(Resource resource, std::chrono::nanoseconds, std::size_t limit,
                                     Deadline deadline) override {
    return to_.pending(resource, {}, limit, deadline);
  }
};

class CutsRequests final : public DecidesOneByOne {
 private:
  Result<Decision> decide_one(const Claim& claim, Context& context) override {
    auto changed = claim;
    changed.request.resize(std::min<std::size_t>(claim.request.find(' '), claim.request.size()));
    return decide(changed, context);
  }
};

class TakesSomeHolders final : public GateMutant {
 public:
  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline deadline) override {
    const auto some = holders.first(std::min<std::size_t>(holders.size(), 1'000));
    return to_.load(resource, remaining, some, deadline);
  }
};

class CountsNothing final : public GateMutant {
 public:
  GateStats stats() const override { return {}; }
};

class SharesNothing final : public GateMutant {
 public:
  Sharing sharing() const override { return Sharing::kNetwork; }
};

// A thread of its own, which it does not end.
class LeavesAGateThread final : public GateMutant {
 public:
  LeavesAGateThread() {
    static std::vector<std::jthread> left_behind;  // Ended with the test.
    left_behind.emplace_back([](const std::stop_token& end) {
      std::mutex mutex;
      std::condition_variable_any ended;
      std::unique_lock held(mutex);
      ended.wait(held, end, [] { return false; });
    });
  }
};

}  // namespace stampede::kit
