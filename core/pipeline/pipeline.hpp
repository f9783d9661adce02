// What customers ask for, and the monolith topology's way of doing it: each function is one
// Operation run by the lock strategy on the store. No I/O of its own. Safe for concurrent use;
// outlives every call.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/lock_strategy.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/sources.hpp"

namespace stampede::pipeline {

// When the external payment is made, relative to the lock and the transaction.
enum class PaymentPlacement : std::uint8_t { kNone, kBeforeLock, kInLock, kInTransaction };

struct Options {
  PaymentPlacement payment = PaymentPlacement::kNone;
  // Between what an order reads and what it writes: makes a race likely where nothing prevents it.
  std::chrono::nanoseconds read_write_pause{0};
};

// The request's own words, already checked for form (lengths, ranges) by the caller.
struct RequestTag {
  std::string key;          // Idempotency-Key, "" for none.
  std::string correlation;  // X-Correlation-Id.
};

struct ItemRequest {
  ProductId product{};
  std::int64_t quantity = 1;  // 1..1000.
};

struct PlaceOrder {
  UserId user{};
  std::vector<ItemRequest> items;  // 1..20 different products, or empty: the user's cart.
  std::optional<CouponId> coupon;
  RequestTag tag;
  // Of the order to be, where the client was told it before; not with an external payment.
  std::optional<OrderId> id = std::nullopt;
};

struct IssueCoupon {
  UserId user{};
  CouponId coupon{};
  RequestTag tag;
  // A saga step of the store, or ""; the request is refused (kCouponNotUsable) while that is there
  // and refused, so that what has failed once stays failed.
  std::string unless_refused = {};
};

struct ChargeBalance {
  UserId user{};
  Money amount;                // More than 0.
  std::string transaction_id;  // 1..64 bytes; a charge is applied once for each.
  RequestTag tag;
};

struct AddToCart {
  UserId user{};
  ItemRequest item;
  RequestTag tag;
};

// A value, or a refusal; never both.
template <typename T>
struct Reply {
  std::optional<T> value;
  RefusalCode refusal = RefusalCode::kNone;
  bool replayed = false;  // The key was known: this is the answer of the first time.
};

class Business {
 public:
  virtual ~Business() = default;

  virtual Result<Reply<Order>> place_order(const PlaceOrder& request, Context& context) = 0;
  virtual Result<Reply<UserCoupon>> issue_coupon(const IssueCoupon& request, Context& context) = 0;
  virtual Result<Reply<Charge>> charge_balance(const ChargeBalance& request, Context& context) = 0;
  virtual Result<Reply<CartLine>> add_to_cart(const AddToCart& request, Context& context) = 0;
  virtual TimePoint now() const = 0;  // By the clock that orders are stamped with.
};

class Pipeline final : public Business {
 public:
  // Everything passed in outlives the pipeline.
  Pipeline(Store& store, LockStrategy& lock, PaymentGateway& payments, WallClock& clock,
           IdGenerator& ids, Options options);
  ~Pipeline() override;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  Result<Reply<Order>> place_order(const PlaceOrder& request, Context& context) override;
  Result<Reply<UserCoupon>> issue_coupon(const IssueCoupon& request, Context& context) override;
  Result<Reply<Charge>> charge_balance(const ChargeBalance& request, Context& context) override;
  Result<Reply<CartLine>> add_to_cart(const AddToCart& request, Context& context) override;
  TimePoint now() const override;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace stampede::pipeline
