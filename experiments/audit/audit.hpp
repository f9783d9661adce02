// The invariants of a sale, checked after the drain from three independent sources: what was there
// at the start (the seed), what the clients were told (their claims), and what the server holds now
// (its final state). An audit that cannot tell says unknown; it never passes by default.
//
// Pure functions of plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/store.hpp"
#include "experiments/audit/final_state.hpp"

namespace stampede::audit {

// One write as its client saw it, warm-up included.
struct Claim {
  enum class Kind : std::uint8_t { kOrder, kIssue, kCharge };
  enum class Standing : std::uint8_t { kAcknowledged, kRefused, kUnknown };
  struct Item {
    ProductId product{};
    std::int64_t quantity = 0;
  };

  Kind kind = Kind::kOrder;
  Standing standing = Standing::kUnknown;
  std::string key;  // Idempotency-Key, or the charge's transaction id.
  UserId user{};
  std::vector<Item> items;         // Of an order; empty when it took the user's cart.
  std::optional<CouponId> coupon;  // Issued, or used by the order.
  Money amount;                    // Of a charge.
  std::optional<OrderId> order;    // When acknowledged.
  std::string code;                // When refused: the problem's code.
  // When the server received it, microseconds on its clock.
  std::optional<std::int64_t> received_us;
};

struct Books {
  const Seed& seed;
  const std::vector<Claim>& claims;
  const FinalState& final;
};

enum class Verdict : std::uint8_t { kPass, kFail, kUnknown };
std::string_view to_string(Verdict verdict);  // "pass", "fail", "unknown"

struct Finding {
  std::string name;  // As in `expect: {audit.NAME: pass}`.
  Verdict verdict = Verdict::kUnknown;
  std::string summary;                // One line with the numbers it rests on.
  std::vector<std::string> evidence;  // The first few violations.
  // A finding to read, not a failure, unless the experiment expects a pass (fairness).
  bool informative = false;
};

// Acknowledged orders and charges exist, once each; nothing exists that nobody asked for. An order
// that was accepted and then failed exists as FAILED.
Finding orders_exist(const Books& books);
// initial - final = sold, per product: catches lost updates that a large stock hides.
Finding stock_conserved(const Books& books);
// sold <= initial, per product.
Finding oversold(const Books& books);
// No order was refused for lack of stock that is still there.
Finding undersold(const Books& books);
// At most one per user, no more than there were, counters equal rows, none used twice; what was
// accepted was issued or visibly failed.
Finding coupons(const Books& books);
// initial + charges - completed orders = final, per user; the payment gateway agrees.
Finding money(const Books& books);
// Every order is final, and its coupon is marked where it is completed, and only there.
Finding saga(const Books& books);
// Between services: every order has told what its end asks for, each event once, and no event was
// told of an order that is not there or put aside.
Finding events(const Books& books);
// Grants received later than an eligible request that was refused.
Finding fairness(const Books& books);

// All of them, in the order above.
std::vector<Finding> audit_all(const Books& books);

// All of them as unknown, for a cell whose final state could not be read.
std::vector<Finding> all_unknown(const std::string& why);

}  // namespace stampede::audit
