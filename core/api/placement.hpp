// A Placement says "place this order" as data, so that a store can place many in one call. It means
// what the order's Operation means when it is run by itself; a contract test holds them together.
//
// Only what data can say: items given in the request, no coupon, a payment outside the transaction.
// Every other order has no placement and is run as work.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/api/entities.hpp"

namespace stampede {

struct Placement {
  OrderId order;
  UserId user{};
  std::vector<CartLine> items;  // By product, each once.
  std::string request_key;      // Empty when the request had none.
  std::uint64_t fingerprint = 0;
  TimePoint now;
  std::optional<Money> paid;  // Ahead of the work: an order of another total is kPaymentDeclined.
  OrderId event;              // The id of its ORDER_COMPLETED.
  std::string correlation;

  // Set by the store when the placement is committed: the order as it was stored.
  std::optional<Order> placed = std::nullopt;
};

}  // namespace stampede
