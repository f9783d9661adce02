// Everything a server holds after the drain, read page by page from its admin routes. Plain values.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/result.hpp"

namespace stampede::audit {

// A request for a coupon that was accepted and failed later, visibly.
struct FailedIssue {
  std::string request;
  UserId user{};
  CouponId coupon{};
  std::string reason;  // The code of a problem.
};

// An event that a service has told the others, by its id: "018f...-dc0c0c07398f/ORDER_PENDING".
struct ToldEvent {
  std::string service;
  std::string id;
  std::string topic;
};

struct FinalState {
  std::vector<Product> products;
  std::vector<Wallet> wallets;
  std::vector<Coupon> coupons;
  std::vector<UserCoupon> user_coupons;
  std::vector<Order> orders;
  std::vector<Charge> charges;
  std::vector<FailedIssue> failed_issues;
  std::vector<ToldEvent> events;  // Of the services topology.
  std::int64_t dead_letters = 0;  // Events that were put aside, in any process.
  std::string last_dead_letter;   // One of them and why, as its process tells it; may be "".
  bool has_services = false;
  Money payments_taken;     // By the external payment gateway,
  Money payments_refunded;  // and given back.
  // A gate decided stock before the store: what it granted, others were refused, even if the order
  // then came to nothing.
  bool has_stock_gate = false;
};

// GET of an admin path: the body, or why there is none.
using PageSource = std::function<Result<std::string>(const std::string& path)>;

// Only after the drain: pages read while requests run would not fit together. `source` answers for
// the data, whoever has it; `stats` is the JSON of GET /admin/stats of each process, because each
// counts only what it did itself.
Result<FinalState> read_final_state(const PageSource& source, std::span<const std::string> stats);

}  // namespace stampede::audit
