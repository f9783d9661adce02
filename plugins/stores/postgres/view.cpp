#include "plugins/stores/postgres/view.hpp"

#include <string>
#include <utility>

#include "plugins/stores/postgres/reads.hpp"

namespace stampede::stores::postgres {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::int64_t limit_of(std::int64_t limit) { return std::max<std::int64_t>(limit, 0); }

std::int64_t offset_of(Page page) {
  std::int64_t offset = 0;
  if (page.number < 0 || __builtin_mul_overflow(page.number, page.size, &offset)) return kMost;
  return std::max<std::int64_t>(offset, 0);
}

template <typename Row>
Result<Paged<Row>> paged(Result<std::vector<Row>> items, Result<std::int64_t> total) {
  if (!items) return Unexpected(std::move(items.error()));
  if (!total) return Unexpected(std::move(total.error()));
  return Paged<Row>{std::move(*items), *total};
}

class View final : public ReadView {
 public:
  explicit View(Pool<Connection>::Lease lease) : lease_(std::move(lease)) {}
  ~View() override {
    if (!lease_->script(Query::kEndView)) lease_->break_off();
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  Result<std::optional<Product>> product(ProductId id) override {
    return one(to_product, Query::kProductById, value_of(id));
  }
  Result<std::optional<Wallet>> wallet(UserId user) override {
    return one(to_wallet, Query::kWalletByUser, value_of(user));
  }
  Result<std::optional<Coupon>> coupon(CouponId id) override {
    return one(to_coupon, Query::kCouponById, value_of(id));
  }
  Result<std::vector<CartLine>> cart(UserId user) override {
    return list(to_cart_line, Query::kCartByUser, value_of(user));
  }
  Result<std::optional<Order>> order(const OrderId& id) override {
    return order_by_id(*lease_, id);
  }
  Result<Paged<Product>> products(Page page) override {
    return paged(list(to_product, Query::kProductsPage, limit_of(page.size), offset_of(page)),
                 number(Query::kProductsCount));
  }
  Result<std::vector<UserCoupon>> coupons_of(UserId user) override {
    return list(to_user_coupon, Query::kUserCouponsOfUser, value_of(user));
  }
  Result<Paged<Order>> orders(const OrderFilter& filter, Page page) override;

  Result<std::vector<ProductSales>> popular_products(TimePoint since, std::int64_t limit) override {
    return list(to_product_sales, Query::kPopularProducts, stored(since), limit_of(limit));
  }
  Result<std::vector<Product>> products_after(ProductId after, std::int64_t limit) override {
    return list(to_product, Query::kProductsAfter, value_of(after), limit_of(limit));
  }
  Result<std::vector<Wallet>> wallets_after(UserId after, std::int64_t limit) override {
    return list(to_wallet, Query::kWalletsAfter, value_of(after), limit_of(limit));
  }
  Result<std::vector<Coupon>> coupons_after(CouponId after, std::int64_t limit) override {
    return list(to_coupon, Query::kCouponsAfter, value_of(after), limit_of(limit));
  }
  Result<std::vector<Order>> orders_after(const OrderId& after, std::int64_t limit) override {
    return with_items(*lease_, list(to_order, Query::kOrdersAfter, after, limit_of(limit)));
  }
  Result<std::vector<UserCoupon>> user_coupons_after(CouponId coupon, UserId user,
                                                     std::int64_t limit) override;
  Result<std::vector<Charge>> charges_after(std::string_view transaction_id,
                                            std::int64_t limit) override {
    return list(to_charge, Query::kChargesAfter, transaction_id, limit_of(limit));
  }
  Result<std::vector<OutboxRow>> outbox_after(std::int64_t sequence, std::int64_t limit) override {
    return list(to_outbox_row, Query::kOutboxAfter, sequence, limit_of(limit));
  }
  Result<std::vector<SagaStep>> saga_steps_after(std::string_view key,
                                                 std::int64_t limit) override {
    return list(to_saga_step, Query::kSagaStepsAfter, key, limit_of(limit));
  }
  Result<std::optional<RelayCursor>> relay_cursor() override {
    return one(to_relay_cursor, Query::kRelayCursor);
  }

 private:
  template <typename Entity, typename... Values>
  Result<std::optional<Entity>> one(Entity (*to_entity)(const pqxx::row&), Query query,
                                    const Values&... values) {
    return first_of(lease_->run(query, values...), to_entity);
  }
  template <typename Entity, typename... Values>
  Result<std::vector<Entity>> list(Entity (*to_entity)(const pqxx::row&), Query query,
                                   const Values&... values) {
    return all_of(lease_->run(query, values...), to_entity);
  }
  template <typename... Values>
  Result<std::int64_t> number(Query query, const Values&... values) {
    return number_of(lease_->run(query, values...));
  }

  Pool<Connection>::Lease lease_;
};

// One query for each index that can serve it; what the filter leaves open is bound to the widest
// range, so that the range stays one that an index can walk.
Result<Paged<Order>> View::orders(const OrderFilter& filter, Page page) {
  const auto from = filter.from ? stored(*filter.from) : std::numeric_limits<std::int64_t>::min();
  const auto until = filter.until ? stored(*filter.until) : kMost;
  const auto limit = limit_of(page.size);
  const auto offset = offset_of(page);
  std::optional<std::int64_t> status;
  if (filter.status) status = static_cast<std::int64_t>(*filter.status);
  const auto find = [&](Query items, Query count, const auto&... keys) {
    return paged(with_items(*lease_, list(to_order, items, from, until, keys..., limit, offset)),
                 number(count, from, until, keys...));
  };
  if (filter.user) {
    return find(Query::kOrdersByUserPage, Query::kOrdersByUserCount, value_of(*filter.user),
                status);
  }
  if (status) return find(Query::kOrdersByStatusPage, Query::kOrdersByStatusCount, *status);
  return find(Query::kOrdersByTimePage, Query::kOrdersByTimeCount);
}

// The doubles of one user and coupon stay on one page, whatever the limit: a cursor cannot stop
// between them.
Result<std::vector<UserCoupon>> View::user_coupons_after(CouponId coupon, UserId user,
                                                         std::int64_t limit) {
  auto page = list(to_user_coupon, Query::kUserCouponsAfter, value_of(coupon), value_of(user),
                   limit_of(limit));
  if (!page || page->empty() || std::ssize(*page) < limit) return page;
  const auto last = std::pair(page->back().user, page->back().coupon);
  const auto seen = std::ranges::count_if(
      *page, [&](const auto& row) { return std::pair(row.user, row.coupon) == last; });
  auto rest = list(to_user_coupon, Query::kUserCouponDoubles, value_of(last.first),
                   value_of(last.second), std::int64_t{seen});
  if (!rest) return rest;
  std::ranges::move(*rest, std::back_inserter(*page));
  return page;
}

}  // namespace

Result<std::unique_ptr<ReadView>> make_view(Pool<Connection>::Lease lease) {
  if (auto begun = lease->script(Query::kBeginView); !begun) {
    return unexpected(std::move(begun.error()));
  }
  return std::make_unique<View>(std::move(lease));
}

}  // namespace stampede::stores::postgres
