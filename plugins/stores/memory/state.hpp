// The rows of the memory store, spread over stripes that each have a mutex. A row belongs to the
// stripe of its key; nothing of a row is touched without that stripe's mutex. Several stripes are
// always locked in rising order, so that nobody waits in a circle.
//
// Products, wallets and coupons come from the seed only and are kept in arrays by id; the arrays
// change while every stripe is locked. Safe for concurrent use through Guard.

#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/api/store.hpp"
#include "plugins/stores/memory/key_hash.hpp"
#include "plugins/stores/memory/step_rows.hpp"
#include "plugins/stores/write_set.hpp"

namespace stampede::stores::memory {

// Fewer than the 64 locks that ThreadSanitizer lets one thread hold.
inline constexpr unsigned kStripeBits = 5;
inline constexpr std::size_t kStripes = std::size_t{1} << kStripeBits;
using StripeSet = std::bitset<kStripes>;

// What the statistics count, by stripe, under the stripe's mutex: no counter is shared.
enum class Counted : std::uint8_t { kRead, kCommit, kRefusal, kConflict, kList };
inline constexpr std::array<std::string_view, 5> kCountedNames{"read", "commit", "refusal",
                                                               "conflict", "list"};

// What one user has. Users need not be known: a service may keep orders without wallets.
struct Holdings {
  std::vector<CartLine> cart;  // By product.
  std::vector<UserCoupon> coupons;
  std::vector<OrderId> orders;
};

struct alignas(64) Stripe {
  std::mutex mutex;
  std::unordered_map<std::int64_t, Holdings> holdings;  // By user.
  std::set<std::pair<CouponId, UserId>> holders;        // Of coupons; the rows are in holdings.
  std::map<OrderId, Order> orders;
  std::map<std::string, Charge, std::less<>> charges;
  std::unordered_map<std::string, RequestRecord, KeyHash, std::equal_to<>> requests;
  StepRows saga_steps;
  std::unordered_set<std::string, KeyHash, std::equal_to<>> received;  // Ids of events.
  std::map<Resource, std::int64_t> newest_fences;
  std::array<std::int64_t, kCountedNames.size()> counted{};
};

class State {
 public:
  static std::size_t stripe_of(ProductId id) { return mix(value_of(id), 0x9E37); }
  static std::size_t stripe_of(UserId id) { return mix(value_of(id), 0x85EB); }
  static std::size_t stripe_of(CouponId id) { return mix(value_of(id), 0xC2B2); }
  static std::size_t stripe_of(const OrderId& id) { return top_bits(std::hash<OrderId>{}(id)); }
  static std::size_t stripe_of(const Resource& resource);
  // The stripe that guards the relay's cursor, of which there is one.
  static constexpr std::size_t kCursorStripe = 0;
  static std::size_t stripe_of(std::string_view key) {
    return std::hash<std::string_view>{}(key) % kStripes;
  }

  // Null when there is no such row. The row's stripe is locked by the caller.
  Product* product(ProductId id) { return at(products_, value_of(id)); }
  Wallet* wallet(UserId id) { return at(wallets_, value_of(id)); }
  Coupon* coupon(CouponId id) { return at(coupons_, value_of(id)); }
  Holdings* holdings(UserId user);
  // The one to use first when an unsafe strategy granted several: an unused one.
  UserCoupon* user_coupon(UserId user, CouponId coupon);
  Order* order(const OrderId& id);
  SagaStep* saga_step(std::string_view key);
  std::optional<RelayCursor>& relay_cursor() { return relay_cursor_; }  // Of kCursorStripe.
  Stripe& stripe(std::size_t index) { return stripes_[index]; }

  // Checks the fences and all commands, then applies all or none, in one critical section.
  Result<Outcome> commit(std::vector<Command> commands, std::span<const Fence> fences);

  // The next fence of each resource, in one critical section: a commit that carries an older one
  // is over by then, or will find it stale.
  std::vector<Fence> issue(std::span<const Resource> resources);

  // Fills the store; kInvalid when it holds anything.
  Result<void> seed(const Seed& seed);

  // The outbox has a mutex of its own, taken after any stripe's.
  std::vector<OutboxRow> outbox_after(std::int64_t sequence, std::int64_t limit);

  const std::vector<Product>& products() const { return products_; }
  const std::vector<Wallet>& wallets() const { return wallets_; }
  const std::vector<Coupon>& coupons() const { return coupons_; }

  // Locks stripes for its lifetime: one, some, or all.
  class Guard {
   public:
    Guard(State& state, const StripeSet& wanted);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    State& state_;
    const StripeSet wanted_;
  };
  static StripeSet every_stripe() { return StripeSet{}.set(); }

 private:
  static std::size_t mix(std::int64_t id, std::uint64_t salt) {
    const auto mixed = (static_cast<std::uint64_t>(id) + salt) * 0x9E3779B97F4A7C15ULL;
    return top_bits(mixed);
  }
  static std::size_t top_bits(std::uint64_t mixed) {
    return static_cast<std::size_t>(mixed >> (64U - kStripeBits));
  }
  template <typename Row>
  static Row* at(std::vector<Row>& rows, std::int64_t id) {
    const auto index = static_cast<std::size_t>(id - 1);  // Ids from 1; 0 and less wrap to huge.
    return index < rows.size() ? &rows[index] : nullptr;
  }

  friend class Committer;
  bool empty() const;

  std::array<Stripe, kStripes> stripes_;
  std::vector<Product> products_;
  std::vector<Wallet> wallets_;
  std::vector<Coupon> coupons_;
  std::optional<RelayCursor> relay_cursor_;
  std::mutex outbox_mutex_;
  std::vector<Event> outbox_;  // The row with sequence n is at n - 1.
};

}  // namespace stampede::stores::memory
