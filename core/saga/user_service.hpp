// Keeps the wallets: takes the balance for an order, and gives it back when the order fails. Safe
// for concurrent use.
//
//   ORDER_PENDING → PAYMENT_SUCCESSFUL | PAYMENT_FAILED
//   ORDER_FAILED  → what was taken is given back; what was not is never taken

#pragma once

#include "core/saga/service.hpp"

namespace stampede::saga {

class UserService final : public Service {
 public:
  explicit UserService(ServiceContext context) : context_(context) {}

  const ServiceContext& context() const override { return context_; }
  std::vector<Subscription> subscriptions() override;

 private:
  Reaction pay(const Event& event, OrderFact heard) const;
  Reaction refund(OrderFact fact) const;

  const ServiceContext context_;
};

}  // namespace stampede::saga
