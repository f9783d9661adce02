#include "plugins/stores/sqlite/snapshot.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "plugins/stores/sqlite/rows.hpp"

namespace stampede::stores::sqlite {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

template <typename Row, typename... Parameters>
Result<std::optional<Row>> one(ReaderPool::Lease& lease, Query query,
                               Row (*to_row)(SQLite::Statement&), const Parameters&... parameters) {
  std::optional<Row> found;
  auto read = lease.read(
      query, [&](SQLite::Statement& row) { found = to_row(row); }, parameters...);
  if (!read) return Unexpected(std::move(read.error()));
  return found;
}

template <typename Row, typename... Parameters>
Result<std::vector<Row>> list(ReaderPool::Lease& lease, Query query,
                              Row (*to_row)(SQLite::Statement&), const Parameters&... parameters) {
  std::vector<Row> found;
  auto read = lease.read(
      query, [&](SQLite::Statement& row) { found.push_back(to_row(row)); }, parameters...);
  if (!read) return Unexpected(std::move(read.error()));
  return found;
}

template <typename... Parameters>
Result<std::int64_t> number(ReaderPool::Lease& lease, Query query,
                            const Parameters&... parameters) {
  std::int64_t value = 0;
  auto read = lease.read(
      query, [&](SQLite::Statement& row) { value = integer(row, 0); }, parameters...);
  if (!read) return Unexpected(std::move(read.error()));
  return value;
}

// SQLite takes a negative limit for none at all.
std::int64_t limit_of(std::int64_t limit) { return std::max<std::int64_t>(limit, 0); }

std::int64_t offset_of(Page page) {
  std::int64_t offset = 0;
  if (page.number < 0 || __builtin_mul_overflow(page.number, page.size, &offset)) return kMost;
  return std::max<std::int64_t>(offset, 0);
}

Result<void> add_items(ReaderPool::Lease& lease, Order& order) {
  return lease.read(
      Query::kOrderItemsByOrder,
      [&](SQLite::Statement& row) { order.items.push_back(to_order_item(row)); }, order.id);
}

Result<std::vector<Order>> with_items(ReaderPool::Lease& lease, Result<std::vector<Order>> orders) {
  if (!orders) return orders;
  for (auto& order : *orders) {
    if (auto added = add_items(lease, order); !added) return Unexpected(std::move(added.error()));
  }
  return orders;
}

template <typename Row>
Result<Paged<Row>> paged(Result<std::vector<Row>> items, Result<std::int64_t> total) {
  if (!items) return Unexpected(std::move(items.error()));
  if (!total) return Unexpected(std::move(total.error()));
  return Paged<Row>{std::move(*items), *total};
}

class View final : public ReadView {
 public:
  explicit View(ReaderPool::Lease lease) : lease_(std::move(lease)), rows_(lease_) {}

  Result<std::optional<Product>> product(ProductId id) override { return rows_.product(id); }
  Result<std::optional<Wallet>> wallet(UserId user) override { return rows_.wallet(user); }
  Result<std::optional<Coupon>> coupon(CouponId id) override { return rows_.coupon(id); }
  Result<std::vector<CartLine>> cart(UserId user) override { return rows_.cart(user); }
  Result<std::optional<Order>> order(const OrderId& id) override { return rows_.order(id); }

  Result<Paged<Product>> products(Page page) override {
    return paged(
        list(lease_, Query::kProductsPage, to_product, limit_of(page.size), offset_of(page)),
        number(lease_, Query::kProductsCount));
  }

  Result<std::vector<UserCoupon>> coupons_of(UserId user) override {
    return list(lease_, Query::kUserCouponsOfUser, to_user_coupon, value_of(user));
  }

  Result<Paged<Order>> orders(const OrderFilter& filter, Page page) override;

  Result<std::vector<ProductSales>> popular_products(TimePoint since, std::int64_t limit) override {
    return list(lease_, Query::kPopularProducts, to_product_sales, stored(since), limit_of(limit));
  }
  Result<std::vector<Product>> products_after(ProductId after, std::int64_t limit) override {
    return list(lease_, Query::kProductsAfter, to_product, value_of(after), limit_of(limit));
  }
  Result<std::vector<Wallet>> wallets_after(UserId after, std::int64_t limit) override {
    return list(lease_, Query::kWalletsAfter, to_wallet, value_of(after), limit_of(limit));
  }
  Result<std::vector<Coupon>> coupons_after(CouponId after, std::int64_t limit) override {
    return list(lease_, Query::kCouponsAfter, to_coupon, value_of(after), limit_of(limit));
  }
  Result<std::vector<Order>> orders_after(const OrderId& after, std::int64_t limit) override {
    return with_items(lease_, list(lease_, Query::kOrdersAfter, to_order, after, limit_of(limit)));
  }
  Result<std::vector<Charge>> charges_after(std::string_view transaction_id,
                                            std::int64_t limit) override {
    return list(lease_, Query::kChargesAfter, to_charge, std::string(transaction_id),
                limit_of(limit));
  }
  Result<std::vector<OutboxRow>> outbox_after(std::int64_t sequence, std::int64_t limit) override {
    return list(lease_, Query::kOutboxAfter, to_outbox_row, sequence, limit_of(limit));
  }
  Result<std::vector<SagaStep>> saga_steps_after(std::string_view key,
                                                 std::int64_t limit) override {
    return list(lease_, Query::kSagaStepsAfter, to_saga_step, std::string(key), limit_of(limit));
  }
  Result<std::optional<RelayCursor>> relay_cursor() override { return rows_.relay_cursor(); }

  // The doubles of one user and coupon stay on one page, whatever the limit: a cursor cannot stop
  // between them.
  Result<std::vector<UserCoupon>> user_coupons_after(CouponId coupon, UserId user,
                                                     std::int64_t limit) override {
    auto page = list(lease_, Query::kUserCouponsAfter, to_user_coupon, value_of(coupon),
                     value_of(user), limit_of(limit));
    if (!page || page->empty() || std::ssize(*page) < limit) return page;
    const auto last = std::pair(page->back().user, page->back().coupon);
    const auto seen = std::ranges::count_if(
        *page, [&](const auto& row) { return std::pair(row.user, row.coupon) == last; });
    auto rest = list(lease_, Query::kUserCouponDoubles, to_user_coupon, value_of(last.first),
                     value_of(last.second), std::int64_t{seen});
    if (!rest) return rest;
    std::ranges::move(*rest, std::back_inserter(*page));
    return page;
  }

 private:
  ReaderPool::Lease lease_;
  SnapshotRows rows_;
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
    return paged(
        with_items(lease_, list(lease_, items, to_order, from, until, keys..., limit, offset)),
        number(lease_, count, from, until, keys...));
  };
  if (filter.user) {
    return find(Query::kOrdersByUserPage, Query::kOrdersByUserCount, value_of(*filter.user),
                status);
  }
  if (status) return find(Query::kOrdersByStatusPage, Query::kOrdersByStatusCount, *status);
  return find(Query::kOrdersByTimePage, Query::kOrdersByTimeCount);
}

}  // namespace

Result<std::optional<Product>> SnapshotRows::product(ProductId id) {
  return one(lease_, Query::kProductById, to_product, value_of(id));
}

Result<std::optional<Wallet>> SnapshotRows::wallet(UserId user) {
  return one(lease_, Query::kWalletByUser, to_wallet, value_of(user));
}

Result<std::optional<Coupon>> SnapshotRows::coupon(CouponId id) {
  return one(lease_, Query::kCouponById, to_coupon, value_of(id));
}

Result<std::optional<UserCoupon>> SnapshotRows::user_coupon(UserId user, CouponId coupon) {
  return one(lease_, Query::kUserCoupon, to_user_coupon, value_of(user), value_of(coupon));
}

Result<std::vector<CartLine>> SnapshotRows::cart(UserId user) {
  return list(lease_, Query::kCartByUser, to_cart_line, value_of(user));
}

Result<std::optional<Order>> SnapshotRows::order(const OrderId& id) {
  auto found = one(lease_, Query::kOrderById, to_order, id);
  if (!found) return found;
  auto& order = *found;
  if (!order) return found;
  if (auto added = add_items(lease_, *order); !added) return Unexpected(std::move(added.error()));
  return found;
}

Result<std::optional<Charge>> SnapshotRows::charge(std::string_view transaction_id) {
  return one(lease_, Query::kChargeById, to_charge, std::string(transaction_id));
}

Result<std::optional<RequestRecord>> SnapshotRows::request(std::string_view key) {
  return one(lease_, Query::kRequestByKey, to_request, std::string(key));
}

Result<std::optional<SagaStep>> SnapshotRows::saga_step(std::string_view key) {
  return one(lease_, Query::kSagaStepByKey, to_saga_step, std::string(key));
}

Result<std::optional<RelayCursor>> SnapshotRows::relay_cursor() {
  return one(lease_, Query::kRelayCursor, to_relay_cursor);
}

Result<bool> SnapshotRows::received(std::string_view event) {
  bool found = false;
  auto read = lease_.read(
      Query::kInboxByEvent, [&](SQLite::Statement&) { found = true; }, std::string(event));
  if (!read) return Unexpected(std::move(read.error()));
  return found;
}

std::unique_ptr<ReadView> make_view(ReaderPool::Lease lease) {
  return std::make_unique<View>(std::move(lease));
}

}  // namespace stampede::stores::sqlite
