// The read view of the memory store. Each call sees one consistent picture, because it locks the
// stripes it needs together; two calls may see different ones. Pages lock every stripe, so they
// are for people, audits and the relay, not for the path of an order.
//
// Belongs to one thread; the State outlives it.

#pragma once

#include <memory>

#include "core/api/store.hpp"
#include "plugins/stores/memory/state.hpp"

namespace stampede::stores::memory {

std::unique_ptr<ReadView> make_view(State& state);

// Reads for the work of a transaction: each call locks one stripe and copies one row.
class Rows final : public RowReader {
 public:
  explicit Rows(State& state) : state_(state) {}

  Result<std::optional<Product>> product(ProductId id) override;
  Result<std::optional<Wallet>> wallet(UserId user) override;
  Result<std::optional<Coupon>> coupon(CouponId id) override;
  Result<std::optional<UserCoupon>> user_coupon(UserId user, CouponId coupon) override;
  Result<std::vector<CartLine>> cart(UserId user) override;
  Result<std::optional<Order>> order(const OrderId& id) override;
  Result<std::optional<Charge>> charge(std::string_view transaction_id) override;
  Result<std::optional<RequestRecord>> request(std::string_view key) override;
  Result<std::optional<SagaStep>> saga_step(std::string_view key) override;
  Result<std::optional<RelayCursor>> relay_cursor() override;
  Result<bool> received(std::string_view event) override;

 private:
  State& state_;
};

}  // namespace stampede::stores::memory
