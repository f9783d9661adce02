#include "experiments/check/watched_store.hpp"

#include <fmt/format.h>

namespace stampede::check {

namespace {

std::string row(const Product& row) {
  return fmt::format("product {}: stock {}, version {}", value_of(row.id), row.stock, row.version);
}
std::string row(const Wallet& row) {
  return fmt::format("wallet {}: balance {}, version {}", value_of(row.user), row.balance.minor,
                     row.version);
}
std::string row(const Coupon& row) {
  return fmt::format("coupon {}: {} of {} issued, version {}", value_of(row.id), row.issued,
                     row.total, row.version);
}
std::string row(const UserCoupon& row) {
  return fmt::format("coupon {} of user {}: {}, version {}", value_of(row.coupon),
                     value_of(row.user),
                     row.status == UserCoupon::Status::kUsed ? "used" : "not used", row.version);
}

class WatchedTransaction final : public ForwardingTransaction {
 public:
  WatchedTransaction(Transaction& to, History& history)
      : ForwardingTransaction(to), history_(history) {}

  Result<std::optional<Product>> product(ProductId id) override {
    return read(to_.product(id), fmt::format("product {}", value_of(id)));
  }
  Result<std::optional<Wallet>> wallet(UserId user) override {
    return read(to_.wallet(user), fmt::format("wallet {}", value_of(user)));
  }
  Result<std::optional<Coupon>> coupon(CouponId id) override {
    return read(to_.coupon(id), fmt::format("coupon {}", value_of(id)));
  }
  Result<std::optional<UserCoupon>> user_coupon(UserId user, CouponId coupon) override {
    return read(to_.user_coupon(user, coupon),
                fmt::format("coupon {} of user {}", value_of(coupon), value_of(user)));
  }
  Result<bool> take_stock(const Product& seen, std::int64_t quantity) override {
    return wrote(to_.take_stock(seen, quantity),
                 fmt::format("takes {} of product {}, of which it saw {}", quantity,
                             value_of(seen.id), seen.stock));
  }
  Result<void> return_stock(const Product& seen, std::int64_t quantity) override {
    return wrote(to_.return_stock(seen, quantity),
                 fmt::format("returns {} of product {}, of which it saw {}", quantity,
                             value_of(seen.id), seen.stock));
  }
  Result<bool> debit(const Wallet& seen, Money amount) override {
    return wrote(to_.debit(seen, amount),
                 fmt::format("takes {} from wallet {}, in which it saw {}", amount.minor,
                             value_of(seen.user), seen.balance.minor));
  }
  Result<void> credit(const Wallet& seen, Money amount) override {
    return wrote(to_.credit(seen, amount),
                 fmt::format("puts {} into wallet {}, in which it saw {}", amount.minor,
                             value_of(seen.user), seen.balance.minor));
  }
  Result<bool> claim_coupon(const Coupon& seen) override {
    return wrote(to_.claim_coupon(seen),
                 fmt::format("claims coupon {}, of which it saw {} of {} issued", value_of(seen.id),
                             seen.issued, seen.total));
  }
  Result<void> grant_coupon(const UserCoupon& granted) override {
    return wrote(to_.grant_coupon(granted),
                 fmt::format("gives coupon {} to user {}", value_of(granted.coupon),
                             value_of(granted.user)));
  }
  Result<bool> use_coupon(const UserCoupon& seen, const OrderId& used_by) override {
    return wrote(to_.use_coupon(seen, used_by), "uses " + row(seen));
  }
  Result<void> add_order(const Order& order) override {
    return wrote(to_.add_order(order), "adds order " + to_string(order.id));
  }
  Result<bool> finish_order(const Order& seen, Order::Status status,
                            std::string_view failure) override {
    return wrote(to_.finish_order(seen, status, failure), "finishes order " + to_string(seen.id),
                 "it is final already");
  }
  Result<void> add_to_cart(UserId user, ProductId product, std::int64_t quantity) override {
    return wrote(to_.add_to_cart(user, product, quantity),
                 fmt::format("puts {} of product {} into the cart of user {}", quantity,
                             value_of(product), value_of(user)));
  }
  Result<void> clear_cart(UserId user, std::span<const CartLine> seen) override {
    return wrote(
        to_.clear_cart(user, seen),
        fmt::format("takes {} lines out of the cart of user {}", seen.size(), value_of(user)));
  }
  Result<void> add_charge(const Charge& charge) override {
    return wrote(to_.add_charge(charge), "adds charge " + charge.transaction_id);
  }
  Result<void> record_request(const RequestRecord& record) override {
    return wrote(to_.record_request(record), "records request " + record.key);
  }
  Result<void> emit(Event event) override {
    const auto what = "emits event " + event.id;
    return wrote(to_.emit(std::move(event)), what);
  }
  Result<bool> receive(std::string_view event) override {
    return wrote(to_.receive(event), "receives event " + std::string(event), "it had already");
  }
  Result<void> put_saga_step(const SagaStep& step) override {
    return wrote(to_.put_saga_step(step),
                 fmt::format("writes saga step {} over version {}", step.key, step.version));
  }
  Result<void> put_relay_cursor(const RelayCursor& cursor) override {
    return wrote(to_.put_relay_cursor(cursor),
                 fmt::format("moves the relay's cursor to {} for {}, over version {}",
                             cursor.sequence, cursor.owner, cursor.version));
  }

 private:
  template <typename Row>
  Result<std::optional<Row>> read(Result<std::optional<Row>> found, const std::string& what) {
    if (!found) {
      history_.note("cannot read " + what + ": " + found.error().message);
    } else {
      history_.note("reads " + (*found ? row(**found) : what + ": there is none"));
    }
    return found;
  }
  template <typename T>
  Result<T> wrote(Result<T> done, const std::string& what,
                  const char* otherwise = "there is not enough") {
    if (!done) {
      history_.note(what + ": " + done.error().message);
    } else if constexpr (std::is_same_v<T, bool>) {
      history_.note(*done ? what : what + ": " + otherwise);
    } else {
      history_.note(what);
    }
    return done;
  }

  History& history_;
};

class WatchedOperation final : public ForwardingOperation {
 public:
  WatchedOperation(Operation& operation, History& history)
      : ForwardingOperation(operation), history_(history) {}

  Result<Outcome> work(Transaction& transaction) override {
    WatchedTransaction watched(transaction, history_);
    auto outcome = operation_.work(watched);
    const bool commits = outcome && outcome->committed();
    history_.note(commits ? "asks for the commit" : "ends its work: " + show(outcome));
    return outcome;
  }

 private:
  History& history_;
};

}  // namespace

Result<Outcome> WatchedStore::transact(const TransactionOptions& options, Operation& operation,
                                       Context& context) {
  const auto is_locked = [](WriteForm form) { return form == WriteForm::kLockedRead; };
  if (options.named_locks != nullptr || is_locked(options.user) || is_locked(options.product) ||
      is_locked(options.coupon)) {
    was_asked_for_locks_ = true;
  }
  history_.note("begins a transaction: " + show(options));
  WatchedOperation noted(operation, history_);
  auto outcome = to_.transact(options, noted, context);
  history_.note("the store answers: " + show(outcome));
  return outcome;
}

Result<void> WatchedStore::seed(const Seed& seed) {
  auto seeded = to_.seed(seed);
  history_.note(fmt::format("seeds {} users with {}, {} products with {} units{}", seed.users,
                            seed.balance.minor, seed.products, seed.stock,
                            seeded ? "" : ": " + seeded.error().message));
  return seeded;
}

WatchedStore* watched(Store& store) {
  if (auto* const found = dynamic_cast<WatchedStore*>(&store)) return found;
  auto* const wrapper = dynamic_cast<ForwardingStore*>(&store);
  return wrapper == nullptr ? nullptr : watched(wrapper->beneath());
}

}  // namespace stampede::check
