// Keeps the stock and the prices: says what products cost, takes all items of a paid order or none,
// and puts them back when the order fails. Safe for concurrent use.
//
//   PAYMENT_SUCCESSFUL → STOCK_DECREASED | STOCK_DECREASE_FAILED
//   ORDER_FAILED       → what was taken is put back; what was not is never taken

#pragma once

#include "core/saga/calls.hpp"
#include "core/saga/service.hpp"

namespace stampede::saga {

class ProductService final : public Service, public Prices {
 public:
  explicit ProductService(ServiceContext context) : context_(context) {}

  const ServiceContext& context() const override { return context_; }
  std::vector<Subscription> subscriptions() override;

  Result<Quoted> quote(std::span<const ProductId> products, Call& call) override;

 private:
  Reaction take(const Event& event, OrderFact heard) const;
  Reaction put_back(OrderFact fact) const;

  const ServiceContext context_;
};

}  // namespace stampede::saga
