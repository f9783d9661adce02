// What became of orders that a gate has granted, by the request they were made under, as the store
// knows it. A placed one left its key with the order; one that was accepted and failed is kept as a
// FAILED order, so that it is visible and stays failed when it is delivered again. Safe for
// concurrent use; the store outlives the book.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::stock {

inline Resource resource_of(ProductId product) {
  return {Resource::Kind::kProduct, value_of(product)};
}

// The id of the order that is accepted under this key: UUID version 5 (RFC 9562), so that whoever
// sends the request again is told the same.
OrderId order_id_of(std::string_view key);
// Whether the id is of that version.
bool is_made_of_key(const OrderId& order);

// The request to place the order, whose request key it is made under.
pipeline::PlaceOrder request_of(const Order& order, std::string correlation);

// One claim for each item.
std::vector<Claim> claims_of(const Order& order);

// Whether the order took what was claimed.
Settlement settlement_of(const Claim& claim, const Order& order);

class OrderBook {
 public:
  explicit OrderBook(Store& store) : store_(store) {}

  // The order of each request, final or not; nothing where the store knows none.
  Result<std::vector<std::optional<Order>>> orders_of(std::span<const std::string> requests,
                                                      Context& context);

  // Whether this request's order was given up by the sweeper. It knew one claim of the request
  // only, so what it left under the key may be the fingerprint of less than was asked for; a
  // request of the same user for as many of the same product, or for what is in a cart, is taken
  // for the same.
  Result<bool> was_given_up(const pipeline::PlaceOrder& request, Context& context);

  // Keeps the order as FAILED for this reason, under its id and request key, unless there is one
  // already. Answers what is there now.
  Result<Order> fail(const Order& order, std::string_view reason, Context& context);

 private:
  Store& store_;
};

}  // namespace stampede::stock
