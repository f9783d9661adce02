// What an order would take and cost, read from one consistent picture: inside the transaction, or
// beforehand, when the amount must be known to pay it.

#pragma once

#include <optional>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

struct Quote {
  Wallet wallet;
  std::vector<Product> products;   // By id, each once.
  std::vector<OrderItem> items;    // Beside the products.
  std::optional<UserCoupon> held;  // The coupon to use.
  Money subtotal;
  Money total;
};

// Reads and prices. Refuses with kUserNotFound, kCartEmpty, kProductNotFound, kCouponNotFound or
// kCouponNotUsable; whether there is enough stock and balance is not its question. Reads what
// belongs to the user, then products by id, then the coupon: the order of a Scope, so that reads
// which lock never wait for each other in a circle. kInvalid when the amount does not fit 64 bits.
Result<Outcome> read_quote(Transaction& from, const PlaceOrder& request, TimePoint now,
                           Quote& quote);
Result<Outcome> read_quote(ReadView& from, const PlaceOrder& request, TimePoint now, Quote& quote);

// Refuses when the quote itself shows too little stock or balance.
Outcome check_affordable(const Quote& quote);

}  // namespace stampede::pipeline
