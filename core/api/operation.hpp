// An Operation is one piece of business ("place this order") with its ids and times fixed
// beforehand, so that it can be run again after a conflict and mean the same.

#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "core/api/ids.hpp"
#include "core/api/result.hpp"

namespace stampede {

class Transaction;
struct Placement;

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

// A correct business "no". It rolls everything back, is never retried and is not an error.
enum class RefusalCode : std::uint8_t {
  kNone,
  kInsufficientStock,
  kInsufficientBalance,
  kCouponNotUsable,
  kCouponSoldOut,
  kCouponAlreadyIssued,
  kCouponNotActive,  // Outside its validity window.
  kUserNotFound,
  kProductNotFound,
  kCouponNotFound,
  kCartEmpty,
  kPaymentDeclined,
  kRequestInProgress,  // The same key is being worked on, or was committed a moment ago.
  kRequestKeyReused,   // The same key came with another body.
  kSagaTimeout,        // The order was accepted, stood still, and was given up and undone.
};

enum class Verdict : std::uint8_t { kCommit, kRefuse };

struct Outcome {
  Verdict verdict = Verdict::kCommit;
  RefusalCode refusal = RefusalCode::kNone;

  static constexpr Outcome commit() { return {}; }
  static constexpr Outcome refuse(RefusalCode code) { return {Verdict::kRefuse, code}; }
  constexpr bool committed() const { return verdict == Verdict::kCommit; }
  constexpr bool operator==(const Outcome&) const = default;
};

// The named parts of a request's time. They leave in Server-Timing, metrics and results.
enum class Phase : std::uint8_t {
  kQueue,      // Waiting for a worker.
  kLock,       // Waiting for a lock.
  kPool,       // Waiting for a connection or a read view.
  kStore,      // Reading, and handing writes over.
  kCommit,     // Until the write is durable and acknowledged.
  kPayment,    // The external payment.
  kTransport,  // Asking another service, and waiting for the transport to take the events.
  kBackoff,    // Waiting before another attempt.
};
inline constexpr std::size_t kPhaseCount = 8;
inline constexpr std::array<std::string_view, kPhaseCount> kPhaseNames{
    "queue", "lock", "pool", "store", "commit", "payment", "transport", "backoff"};

// Where one request's time went. Belongs to one request and is used by one thread at a time; it
// lives in the Context, so it survives every error path.
class Phases {
 public:
  void add(Phase phase, std::chrono::nanoseconds spent) {
    spent_[static_cast<std::size_t>(phase)] += spent;
  }
  std::chrono::nanoseconds spent(Phase phase) const {
    return spent_[static_cast<std::size_t>(phase)];
  }

  std::chrono::nanoseconds lock_hold{0};  // From acquisition to release.
  std::uint32_t attempts = 0;             // How often the work was run.

 private:
  std::array<std::chrono::nanoseconds, kPhaseCount> spent_{};
};

// Adds the time from its construction to its destruction to one phase.
class PhaseTimer {
 public:
  PhaseTimer(Phases& phases, Phase phase) : phases_(phases), phase_(phase) {}
  ~PhaseTimer() { phases_.add(phase_, Clock::now() - started_); }
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;

 private:
  Phases& phases_;
  const Phase phase_;
  const Clock::time_point started_ = Clock::now();
};

// What an operation touches, so that a strategy can lock it.
struct Resource {
  enum class Kind : std::uint8_t { kUser, kProduct, kCoupon };
  Kind kind{};
  std::int64_t id = 0;

  constexpr auto operator<=>(const Resource&) const = default;
};

// The resources of one operation, held inline. A strategy protects some kinds; what it does not
// protect is written in the atomic conditional form.
class Scope {
 public:
  static constexpr std::size_t kMost = 24;  // One user, 20 products, one coupon, and room.

  Scope& add(UserId id) { return add({Resource::Kind::kUser, value_of(id)}); }
  Scope& add(ProductId id) { return add({Resource::Kind::kProduct, value_of(id)}); }
  Scope& add(CouponId id) { return add({Resource::Kind::kCoupon, value_of(id)}); }

  // Sorted by kind and id, without duplicates: locks taken in this order never deadlock.
  std::span<const Resource> resources() const { return {resources_.data(), size_}; }

 private:
  Scope& add(Resource resource) {
    const auto end = resources_.begin() + static_cast<std::ptrdiff_t>(size_);
    const auto at = std::lower_bound(resources_.begin(), end, resource);
    if (at != end && *at == resource) return *this;
    if (size_ == kMost) std::abort();  // A bug: operations are bounded before they get here.
    std::move_backward(at, end, end + 1);
    *at = resource;
    ++size_;
    return *this;
  }

  std::array<Resource, kMost> resources_{};
  std::size_t size_ = 0;
};

// A number that rises each time a lock on the resource is granted; the store issues it (FenceStore
// in store.hpp). A holder that was paused beyond its lease comes back with one that is not the
// newest.
struct Fence {
  Resource resource;
  std::int64_t token = 0;
};

struct Context {
  Deadline deadline;  // Nothing waits beyond it.
  Phases& phases;
  // A transaction commits only while each of these is the newest of its resource, else it is
  // refused with kLeaseLost. They outlive the transaction.
  std::span<const Fence> fences = {};
};

class Operation {
 public:
  virtual ~Operation() = default;

  // Runs once, under the strategy's lock and outside any transaction. This is where the documented
  // mistakes live: an external payment made while the lock is held.
  virtual Result<Outcome> guarded(Context&) { return Outcome::commit(); }

  // Runs inside a transaction, and again after a conflict: it resets its outputs first and changes
  // nothing except through the Transaction. Reads no clock and draws no random number.
  virtual Result<Outcome> work(Transaction&) = 0;

  // The same work as data, when it can be said so: the fast path for a store that is a BatchStore
  // (placement.hpp). Belongs to the operation; after guarded(), which may fill in what it paid.
  virtual Placement* placement() { return nullptr; }
};

}  // namespace stampede
