// The rows of the domain as a store hands them out: plain values, copied, owned by the reader.
// `version` rises with each change of a row; 0 is the version of a freshly seeded one.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/api/ids.hpp"
#include "core/api/money.hpp"

namespace stampede {

// Wall-clock time, from the injected clock only.
using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

struct Product {
  ProductId id{};
  std::string name;
  Money price;
  std::int64_t stock = 0;  // Units left.
  std::int64_t version = 0;
};

struct Wallet {
  UserId user{};
  Money balance;
  std::int64_t version = 0;
};

struct Discount {
  enum class Kind : std::uint8_t { kFixed, kPercent };
  Kind kind = Kind::kFixed;
  std::int64_t value = 0;  // Minor units when fixed, 0..100 when percent.
};

struct Coupon {
  CouponId id{};
  Discount discount;
  std::int64_t total = 0;   // How many may be issued.
  std::int64_t issued = 0;  // How many were.
  TimePoint valid_from;     // Inclusive.
  TimePoint valid_until;    // Exclusive.
  std::int64_t version = 0;
};

struct UserCoupon {
  enum class Status : std::uint8_t { kIssued, kUsed };
  UserId user{};
  CouponId coupon{};
  Status status = Status::kIssued;
  TimePoint issued_at;
  std::string request_key;         // Empty when the request had none.
  std::optional<OrderId> used_by;  // Set when status is kUsed.
  std::int64_t version = 0;
};

struct CartLine {
  ProductId product{};
  std::int64_t quantity = 0;
};

struct OrderItem {
  ProductId product{};
  std::int64_t quantity = 0;
  Money unit_price;
};

struct Order {
  enum class Status : std::uint8_t { kPending, kCompleted, kFailed };
  OrderId id;
  UserId user{};
  Status status = Status::kPending;
  std::vector<OrderItem> items;
  std::optional<CouponId> coupon;
  Money subtotal;  // Before the discount.
  Money total;     // What the user paid.
  TimePoint created_at;
  std::string request_key;  // Empty when the request had none.
  // Why it is kFailed, by the code that a client is told, for example "INSUFFICIENT_STOCK".
  std::string failure = {};
};

// What one service did for one saga, so that it is done once and can be undone. Its key names the
// thing done, for example "payment 018f4c1e-…", and is unique in the service's store.
struct SagaStep {
  enum class State : std::uint8_t {
    kDone,
    kRefused,  // By the rules of the business, or because the saga had ended before.
    kUndone,   // Done and given back.
  };
  std::string key;  // 1..120 bytes.
  State state = State::kDone;
  std::string detail;  // JSON: what it takes to undo it, or to say why it was refused.
  TimePoint at;        // Of the last change.
  std::int64_t version = 0;
};

// How far a store's outbox has been published, and by whom.
struct RelayCursor {
  std::int64_t sequence = 0;  // Of the last event that the transport has taken.
  std::string owner;          // The relay that moves it: at most one at a time.
  TimePoint owned_until;      // Another relay may take it from then on.
  std::int64_t version = 0;
};

struct Charge {
  std::string transaction_id;  // The client's; a charge is applied once for each.
  UserId user{};
  Money amount;
  TimePoint charged_at;
};

// What an Idempotency-Key stands for; committed together with the effect it describes.
struct RequestRecord {
  enum class Kind : std::uint8_t { kOrder, kIssue, kCharge, kCart };
  std::string key;                // 1..64 bytes, chosen by the client.
  std::uint64_t fingerprint = 0;  // Of the canonical body: another body under the key is refused.
  Kind kind = Kind::kOrder;
  std::string entity;  // What the effect made: an order id, a coupon id, a transaction id.
};

}  // namespace stampede
