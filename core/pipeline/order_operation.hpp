// One attempt to place one order, as an Operation: its id and its time are fixed when it is made.
// Belongs to one request and one thread; what is passed in outlives it.

#pragma once

#include <optional>
#include <vector>

#include "core/pipeline/environment.hpp"
#include "core/pipeline/keyed_operation.hpp"
#include "core/pipeline/payment.hpp"
#include "core/pipeline/quote.hpp"

namespace stampede::pipeline {

class OrderOperation final : public KeyedOperation<Order> {
 public:
  // `products`, sorted, are those of the scope it will be executed with.
  OrderOperation(Environment& environment, const PlaceOrder& request,
                 std::vector<ProductId> products, Context& context);

  // Prices the order from committed state and pays for it. Refuses what cannot be afforded rather
  // than paying and refunding.
  Result<Outcome> pay_ahead();

  // Whether the payment comes before the transaction.
  bool is_paid_ahead() const;

  // PaymentPlacement::kInLock pays here.
  Result<Outcome> guarded(Context& context) override;

  // Unless it has a coupon, comes from a cart, pays in the transaction or pauses in it: that is
  // more than data can say.
  Placement* placement() override;

  // Takes the value from the placement, when that is how the store committed it.
  void adopt_placement();

  Result<bool> find_effect(Transaction& transaction) override;

  // True when the cart held a product outside the scope: the work refused, and must be attempted
  // again with the scope that fits.
  bool outgrew_scope() const { return outgrew_scope_; }

  Payment& payment() { return payment_; }

  // The order as it stands when it came to nothing.
  Order failed_order() const;

 protected:
  Result<Outcome> apply(Transaction& transaction) override;
  Result<std::optional<Order>> recall(Transaction& transaction, const std::string& entity) override;

 private:
  Outcome check_scope();
  void pause_before_writing() const;
  Result<Outcome> take(Transaction& transaction);
  Result<Outcome> record(Transaction& transaction);

  Environment& environment_;
  const PlaceOrder& request_;
  const std::vector<ProductId> products_;
  Context& context_;
  const OrderId id_;
  const OrderId event_id_;
  const TimePoint now_;
  Payment payment_;
  Quote quote_;
  std::optional<Placement> placement_;
  bool outgrew_scope_ = false;
};

}  // namespace stampede::pipeline
