// A store, a transaction, an operation and a gate that pass everything on to another one: bases for
// what watches, stops or (in tests) breaks some of it. As safe for concurrent use as what they pass
// on to, which outlives them.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/operation.hpp"
#include "core/api/store.hpp"

namespace stampede::check {

class ForwardingOperation : public Operation {
 public:
  explicit ForwardingOperation(Operation& operation) : operation_(operation) {}

  Result<Outcome> guarded(Context& context) override { return operation_.guarded(context); }
  Result<Outcome> work(Transaction& transaction) override { return operation_.work(transaction); }
  Placement* placement() override { return operation_.placement(); }

 protected:
  Operation& operation_;
};

class ForwardingTransaction : public Transaction {
 public:
  explicit ForwardingTransaction(Transaction& to) : to_(to) {}

  Result<std::optional<Product>> product(ProductId id) override { return to_.product(id); }
  Result<std::optional<Wallet>> wallet(UserId user) override { return to_.wallet(user); }
  Result<std::optional<Coupon>> coupon(CouponId id) override { return to_.coupon(id); }
  Result<std::optional<UserCoupon>> user_coupon(UserId user, CouponId coupon) override {
    return to_.user_coupon(user, coupon);
  }
  Result<std::vector<CartLine>> cart(UserId user) override { return to_.cart(user); }
  Result<std::optional<Order>> order(const OrderId& id) override { return to_.order(id); }
  Result<std::optional<Charge>> charge(std::string_view id) override { return to_.charge(id); }
  Result<std::optional<RequestRecord>> request(std::string_view key) override {
    return to_.request(key);
  }
  Result<std::optional<SagaStep>> saga_step(std::string_view key) override {
    return to_.saga_step(key);
  }
  Result<std::optional<RelayCursor>> relay_cursor() override { return to_.relay_cursor(); }
  Result<bool> take_stock(const Product& seen, std::int64_t quantity) override {
    return to_.take_stock(seen, quantity);
  }
  Result<void> return_stock(const Product& seen, std::int64_t quantity) override {
    return to_.return_stock(seen, quantity);
  }
  Result<bool> debit(const Wallet& seen, Money amount) override { return to_.debit(seen, amount); }
  Result<void> credit(const Wallet& seen, Money amount) override {
    return to_.credit(seen, amount);
  }
  Result<bool> claim_coupon(const Coupon& seen) override { return to_.claim_coupon(seen); }
  Result<void> grant_coupon(const UserCoupon& granted) override {
    return to_.grant_coupon(granted);
  }
  Result<bool> use_coupon(const UserCoupon& seen, const OrderId& used_by) override {
    return to_.use_coupon(seen, used_by);
  }
  Result<void> add_order(const Order& order) override { return to_.add_order(order); }
  Result<bool> finish_order(const Order& seen, Order::Status status,
                            std::string_view failure) override {
    return to_.finish_order(seen, status, failure);
  }
  Result<void> add_to_cart(UserId user, ProductId product, std::int64_t quantity) override {
    return to_.add_to_cart(user, product, quantity);
  }
  Result<void> clear_cart(UserId user, std::span<const CartLine> seen) override {
    return to_.clear_cart(user, seen);
  }
  Result<void> add_charge(const Charge& charge) override { return to_.add_charge(charge); }
  Result<void> record_request(const RequestRecord& record) override {
    return to_.record_request(record);
  }
  Result<void> emit(Event event) override { return to_.emit(std::move(event)); }
  Result<bool> receive(std::string_view event) override { return to_.receive(event); }
  Result<void> put_saga_step(const SagaStep& step) override { return to_.put_saga_step(step); }
  Result<void> put_relay_cursor(const RelayCursor& cursor) override {
    return to_.put_relay_cursor(cursor);
  }

 protected:
  Transaction& to_;
};

class ForwardingView : public ReadView {
 public:
  explicit ForwardingView(std::unique_ptr<ReadView> to) : to_(std::move(to)) {}

  Result<std::optional<Product>> product(ProductId id) override { return to_->product(id); }
  Result<Paged<Product>> products(Page page) override { return to_->products(page); }
  Result<std::optional<Wallet>> wallet(UserId user) override { return to_->wallet(user); }
  Result<std::vector<UserCoupon>> coupons_of(UserId user) override { return to_->coupons_of(user); }
  Result<std::optional<Coupon>> coupon(CouponId id) override { return to_->coupon(id); }
  Result<std::vector<CartLine>> cart(UserId user) override { return to_->cart(user); }
  Result<std::optional<Order>> order(const OrderId& id) override { return to_->order(id); }
  Result<Paged<Order>> orders(const OrderFilter& filter, Page page) override {
    return to_->orders(filter, page);
  }
  Result<std::vector<ProductSales>> popular_products(TimePoint since, std::int64_t limit) override {
    return to_->popular_products(since, limit);
  }
  Result<std::vector<Product>> products_after(ProductId after, std::int64_t limit) override {
    return to_->products_after(after, limit);
  }
  Result<std::vector<Wallet>> wallets_after(UserId after, std::int64_t limit) override {
    return to_->wallets_after(after, limit);
  }
  Result<std::vector<Coupon>> coupons_after(CouponId after, std::int64_t limit) override {
    return to_->coupons_after(after, limit);
  }
  Result<std::vector<Order>> orders_after(const OrderId& after, std::int64_t limit) override {
    return to_->orders_after(after, limit);
  }
  Result<std::vector<UserCoupon>> user_coupons_after(CouponId coupon, UserId user,
                                                     std::int64_t limit) override {
    return to_->user_coupons_after(coupon, user, limit);
  }
  Result<std::vector<Charge>> charges_after(std::string_view after, std::int64_t limit) override {
    return to_->charges_after(after, limit);
  }
  Result<std::vector<OutboxRow>> outbox_after(std::int64_t sequence, std::int64_t limit) override {
    return to_->outbox_after(sequence, limit);
  }
  Result<std::vector<SagaStep>> saga_steps_after(std::string_view after,
                                                 std::int64_t limit) override {
    return to_->saga_steps_after(after, limit);
  }
  Result<std::optional<RelayCursor>> relay_cursor() override { return to_->relay_cursor(); }

 protected:
  const std::unique_ptr<ReadView> to_;
};

class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(Store& to) : to_(to) {}

  Sharing sharing() const override { return to_.sharing(); }
  bool supports(const TransactionOptions& options) const override { return to_.supports(options); }
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    return to_.transact(options, operation, context);
  }
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override {
    return to_.read_view(deadline);
  }
  Result<void> seed(const Seed& seed) override { return to_.seed(seed); }
  Result<void> ping(Deadline deadline) override { return to_.ping(deadline); }
  StoreStats stats() const override { return to_.stats(); }
  BatchStore* batches() override { return to_.batches(); }
  FenceStore* fences() override { return to_.fences(); }

  // What it passes on to, so that whoever wraps a store can be seen through.
  Store& beneath() const { return to_; }

 protected:
  Store& to_;
};

class ForwardingGate : public Gate {
 public:
  explicit ForwardingGate(Gate& to) : to_(to) {}

  Sharing sharing() const override { return to_.sharing(); }
  bool exact() const override { return to_.exact(); }
  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) override {
    return to_.claim(claims, context);
  }
  Result<void> settle(std::span<const SettledClaim> claims, Deadline deadline) override {
    return to_.settle(claims, deadline);
  }
  Result<std::vector<Claim>> pending(Resource resource, std::chrono::nanoseconds age,
                                     std::size_t limit, Deadline deadline) override {
    return to_.pending(resource, age, limit, deadline);
  }
  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline deadline) override {
    return to_.load(resource, remaining, holders, deadline);
  }
  Result<void> close(Resource resource, Deadline deadline) override {
    return to_.close(resource, deadline);
  }
  Result<GateState> state(Resource resource, Deadline deadline) override {
    return to_.state(resource, deadline);
  }
  GateStats stats() const override { return to_.stats(); }

 protected:
  Gate& to_;
};

}  // namespace stampede::check
