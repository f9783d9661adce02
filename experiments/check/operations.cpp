#include "experiments/check/operations.hpp"

#include <utility>

namespace stampede::check {
namespace {

Event event(const std::string& topic, std::uint64_t number, UserId user) {
  return {.id = topic + "-" + std::to_string(number),
          .topic = topic,
          .key = std::to_string(value_of(user)),
          .payload = "{}",
          .correlation = "test"};
}

std::string name_of(const std::string& kind, std::uint64_t number, UserId user) {
  return kind + ' ' + std::to_string(number) + " of user " + std::to_string(value_of(user));
}

// Writes that answer nothing but errors, as the outcome of a work that goes on.
Result<Outcome> outcome_of(const Result<void>& written) {
  if (!written) return Unexpected(written.error());
  return Outcome::commit();
}

// Writes that answer whether there was enough.
Result<Outcome> outcome_of(const Result<bool>& enough, RefusalCode otherwise) {
  if (!enough) return Unexpected(enough.error());
  return *enough ? Outcome::commit() : Outcome::refuse(otherwise);
}

bool goes_on(const Result<Outcome>& outcome) { return outcome && outcome->committed(); }

// Moves a row that was read to `into`, or says what its absence means.
template <typename Row>
Result<Outcome> keep(Result<std::optional<Row>> row, Row& into, RefusalCode otherwise) {
  if (!row) return Unexpected(row.error());
  std::optional<Row>& found = *row;
  if (!found) return Outcome::refuse(otherwise);
  into = *std::move(found);
  return Outcome::commit();
}

}  // namespace

Result<Outcome> ScriptedOperation::guarded(Context&) {
  ++guarded_runs_;
  const Acting acting(name());
  note("is in guarded()");
  return in_guarded ? in_guarded() : Outcome::commit();
}

Result<Outcome> ScriptedOperation::work(Transaction& transaction) {
  ++work_runs_;
  const Acting acting(name());
  note("begins its work, run " + std::to_string(work_runs_));
  if (auto outcome = read(transaction); !goes_on(outcome)) return outcome;
  if (between) between(work_runs_);
  if (auto outcome = write(transaction); !goes_on(outcome)) return outcome;
  return at_the_end ? at_the_end() : Outcome::commit();
}

void ScriptedOperation::note(const std::string& what) {
  if (history != nullptr) history->note(what);
}

OrderId order_number(std::uint64_t number) {
  OrderId id;
  for (std::size_t byte = 0; byte < 8; ++byte) {
    id.bytes[15 - byte] = static_cast<std::uint8_t>(number >> (8 * byte));
  }
  return id;
}

Purchase::Purchase(std::uint64_t number, UserId user, std::vector<Line> lines,
                   std::optional<CouponId> coupon)
    : number_(number),
      id_(order_number(number)),
      user_(user),
      lines_(std::move(lines)),
      coupon_(coupon) {}

std::string Purchase::name() const { return name_of("purchase", number_, user_); }

Scope Purchase::scope() const {
  Scope scope;
  scope.add(user_);
  for (const auto& line : lines_) scope.add(line.product);
  if (coupon_) scope.add(*coupon_);
  return scope;
}

// In the order of a Scope, as the real operations: reads that lock must not wait in a circle.
Result<Outcome> Purchase::read(Transaction& transaction) {
  auto known = keep(transaction.wallet(user_), wallet_, RefusalCode::kUserNotFound);
  if (!goes_on(known)) return known;
  if (coupon_) {
    auto outcome =
        keep(transaction.user_coupon(user_, *coupon_), held_, RefusalCode::kCouponNotUsable);
    if (!goes_on(outcome)) return outcome;
  }
  products_.assign(lines_.size(), {});
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    auto outcome =
        keep(transaction.product(lines_[i].product), products_[i], RefusalCode::kProductNotFound);
    if (!goes_on(outcome)) return outcome;
  }
  return Outcome::commit();
}

Result<Outcome> Purchase::write(Transaction& transaction) {
  Order order{.id = id_, .user = user_, .status = Order::Status::kCompleted, .coupon = coupon_};
  order.created_at = TimePoint(std::chrono::seconds(1));
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto& [product, quantity] = lines_[i];
    auto taken =
        outcome_of(transaction.take_stock(products_[i], quantity), RefusalCode::kInsufficientStock);
    if (!goes_on(taken)) return taken;
    order.items.push_back({product, quantity, products_[i].price});
    order.total += Money{products_[i].price.minor * quantity};
  }
  order.subtotal = order.total;
  if (coupon_) {
    auto used = outcome_of(transaction.use_coupon(held_, id_), RefusalCode::kCouponNotUsable);
    if (!goes_on(used)) return used;
  }
  auto paid =
      outcome_of(transaction.debit(wallet_, order.total), RefusalCode::kInsufficientBalance);
  if (!goes_on(paid)) return paid;
  if (auto added = outcome_of(transaction.add_order(order)); !goes_on(added)) return added;
  return outcome_of(transaction.emit({.id = to_string(id_),
                                      .topic = "ORDER_COMPLETED",
                                      .key = to_string(id_),
                                      .payload = "{}",
                                      .correlation = "test"}));
}

Issue::Issue(std::uint64_t number, UserId user, CouponId coupon)
    : number_(number), user_(user), id_(coupon) {}

std::string Issue::name() const { return name_of("issue", number_, user_); }

Scope Issue::scope() const { return Scope().add(user_).add(id_); }

Result<Outcome> Issue::read(Transaction& transaction) {
  const auto wallet = transaction.wallet(user_);
  if (!wallet) return Unexpected(wallet.error());
  const auto held = transaction.user_coupon(user_, id_);
  if (!held) return Unexpected(held.error());
  if (*held) return Outcome::refuse(RefusalCode::kCouponAlreadyIssued);
  return keep(transaction.coupon(id_), coupon_, RefusalCode::kCouponNotFound);
}

Result<Outcome> Issue::write(Transaction& transaction) {
  auto claimed = outcome_of(transaction.claim_coupon(coupon_), RefusalCode::kCouponSoldOut);
  if (!goes_on(claimed)) return claimed;
  UserCoupon granted{.user = user_, .coupon = id_};
  granted.issued_at = TimePoint(std::chrono::seconds(1));
  if (auto outcome = outcome_of(transaction.grant_coupon(granted)); !goes_on(outcome)) {
    return outcome;
  }
  return outcome_of(transaction.emit(event("COUPON_ISSUED", number_, user_)));
}

Deposit::Deposit(std::uint64_t number, UserId user, Money amount)
    : number_(number), user_(user), amount_(amount) {}

std::string Deposit::name() const { return name_of("deposit", number_, user_); }

Scope Deposit::scope() const { return Scope().add(user_); }

Result<Outcome> Deposit::read(Transaction& transaction) {
  return keep(transaction.wallet(user_), wallet_, RefusalCode::kUserNotFound);
}

Result<Outcome> Deposit::write(Transaction& transaction) {
  if (auto credited = outcome_of(transaction.credit(wallet_, amount_)); !goes_on(credited)) {
    return credited;
  }
  const Charge charge{.transaction_id = "charge-" + std::to_string(number_),
                      .user = user_,
                      .amount = amount_,
                      .charged_at = TimePoint(std::chrono::seconds(1))};
  if (auto added = outcome_of(transaction.add_charge(charge)); !goes_on(added)) return added;
  return outcome_of(transaction.emit(event("BALANCE_CHARGED", number_, user_)));
}

Transfer::Transfer(std::uint64_t number, UserId from, UserId to, Money amount)
    : number_(number), from_(from), to_(to), amount_(amount) {}

std::string Transfer::name() const { return name_of("transfer", number_, from_); }

Scope Transfer::scope() const { return Scope().add(from_).add(to_); }

Result<Outcome> Transfer::read(Transaction& transaction) {
  auto payer = keep(transaction.wallet(from_), payer_, RefusalCode::kUserNotFound);
  if (!goes_on(payer)) return payer;
  return keep(transaction.wallet(to_), payee_, RefusalCode::kUserNotFound);
}

Result<Outcome> Transfer::write(Transaction& transaction) {
  auto paid = outcome_of(transaction.debit(payer_, amount_), RefusalCode::kInsufficientBalance);
  if (!goes_on(paid)) return paid;
  return outcome_of(transaction.credit(payee_, amount_));
}

}  // namespace stampede::check
