// A Gate decides who gets one of something scarce before the store is touched: it keeps how many
// are left and who has one, and answers in a moment. The store stays what is true: a gate may only
// say "no" early, and a grant that the store then refuses is given back.
//
// A gate is closed for a resource until it was loaded, and whenever it finds that its memory of it
// is gone. While it is closed it grants nothing.
//
// Safe for concurrent use. Resources are told apart by kind and id.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/ids.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"

namespace stampede {

// What somebody wants. A user has a coupon at most once, by whatever request; of a product each
// request may take some.
struct Claim {
  Resource resource;
  UserId user{};
  std::int64_t quantity = 1;  // 1 or more; of a coupon 1.
  std::string request;        // 1..64 bytes; names the claim, so that it is decided once.
};

enum class Decision : std::uint8_t {
  kGranted,
  kSoldOut,  // Fewer are left than were asked for.
  kAlready,  // The user has one, by another request.
  kClosed,   // Not loaded, or its memory is gone.
};

enum class Settlement : std::uint8_t {
  kIssued,    // The store has it: the grant is for good.
  kReturned,  // The store refused it: what was granted can be granted to somebody else.
};

struct SettledClaim {
  Claim claim;
  Settlement how = Settlement::kIssued;
};

// What somebody has for good, as the store says.
struct Holder {
  UserId user{};
  std::string request;  // As in Claim; empty where the store does not know it.
};

struct GateState {
  bool open = false;
  std::int64_t remaining = 0;
  std::int64_t holders = 0;  // Granted or issued.
  std::int64_t pending = 0;  // Granted and not settled, where the gate keeps that.
};

struct GateStats {
  std::int64_t granted = 0;  // By this object, since it was made.
  std::int64_t sold_out = 0;
  std::int64_t already = 0;
  std::int64_t closed = 0;
  std::int64_t errors = 0;
  std::vector<std::pair<std::string, double>> gauges;  // Of its own, for example "batch_mean".
};

class Gate {
 public:
  virtual ~Gate() = default;  // No call may be running.

  // Whether it decides for this process only, or for all that share it.
  virtual Sharing sharing() const = 0;

  // Whether grant and bookkeeping are one step. False for a gate that can lose a grant in a crash
  // or give one twice in a race, and that keeps nothing pending.
  virtual bool exact() const = 0;

  // Decides each claim on its own, in the order given, and answers as many. A claim that was
  // granted before, with the same request, is granted again and takes nothing. Errors: kTimeout
  // and kUnavailable when nothing was done; kInDoubt when it is not known, and then the same claim
  // may be made again; kInvalid for what it does not give at all, such as products.
  virtual std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) = 0;

  // Each once: to settle what is not pending changes nothing. On an error none, some or all are
  // settled: settle all of them again.
  virtual Result<void> settle(std::span<const SettledClaim> claims, Deadline deadline) = 0;

  // What was granted at least `age` ago, by the gate's own clock, and is not settled; oldest first.
  // Empty where the gate does not keep it.
  virtual Result<std::vector<Claim>> pending(Resource resource, std::chrono::nanoseconds age,
                                             std::size_t limit, Deadline deadline) = 0;

  // Closes, forgets who had one, and opens with what the store says. What is pending stays granted
  // and is taken from `remaining`, unless it is among the holders. kConflict when somebody else
  // loads or closes it meanwhile, or its memory was lost: load again, from a new look at the store.
  virtual Result<void> load(Resource resource, std::int64_t remaining,
                            std::span<const Holder> holders, Deadline deadline) = 0;

  // Grants nothing from now on. What is pending stays.
  virtual Result<void> close(Resource resource, Deadline deadline) = 0;

  virtual Result<GateState> state(Resource resource, Deadline deadline) = 0;

  virtual GateStats stats() const = 0;
};

}  // namespace stampede
