// The reads of a transaction and of a read view, over one leased snapshot. Belongs to one thread;
// the pool outlives it.

#pragma once

#include <memory>

#include "plugins/stores/sqlite/reader_pool.hpp"
#include "plugins/stores/write_set.hpp"

namespace stampede::stores::sqlite {

class SnapshotRows final : public RowReader {
 public:
  explicit SnapshotRows(ReaderPool::Lease& lease) : lease_(lease) {}

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
  ReaderPool::Lease& lease_;
};

std::unique_ptr<ReadView> make_view(ReaderPool::Lease lease);

}  // namespace stampede::stores::sqlite
