// Storing an order that was priced, PENDING, with the event that begins its saga. Belongs to one
// request and one thread; what is passed in outlives it.

#pragma once

#include <optional>
#include <string>

#include "core/pipeline/keyed_operation.hpp"
#include "core/saga/service.hpp"

namespace stampede::saga {

class AcceptOrder final : public pipeline::KeyedOperation<Order> {
 public:
  // The order without prices is enough for looking its key up.
  AcceptOrder(const ServiceContext& service, const pipeline::PlaceOrder& request, Order order);

  Result<bool> find_effect(Transaction& transaction) override;

  Outbox::Telling& telling() { return telling_; }

 protected:
  Result<Outcome> apply(Transaction& transaction) override;
  Result<std::optional<Order>> recall(Transaction& transaction, const std::string& entity) override;

 private:
  Result<void> clear_cart(Transaction& transaction) const;

  const ServiceContext& service_;
  const pipeline::PlaceOrder& request_;
  const Order order_;
  Outbox::Telling telling_;
};

// Puts what an order took out of the cart back into it, if it came from there.
Result<void> restore_cart(Transaction& transaction, const Order& order, TimePoint now);

}  // namespace stampede::saga
