#include "plugins/stores/write_set.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace stampede::stores {

namespace {

constexpr std::int64_t kNoBound = std::numeric_limits<std::int64_t>::max();

Unexpected twice(const std::string& what) {
  return fail(ErrorCode::kInvalid, what + " was written twice in one transaction");
}

Unexpected not_positive(std::string_view what, std::int64_t amount) {
  return fail(ErrorCode::kInvalid,
              std::string(what) + " must be more than 0, not " + std::to_string(amount));
}

// The row that was read, or null.
template <typename Row>
Row* found_in(Result<std::optional<Row>>& read) {
  if (!read) return nullptr;
  auto& row = *read;
  return row ? &*row : nullptr;
}

void put(std::vector<CartLine>& lines, ProductId product, std::int64_t quantity) {
  const auto at = std::ranges::lower_bound(lines, product, {}, &CartLine::product);
  if (at != lines.end() && at->product == product) {
    at->quantity += quantity;
  } else {
    lines.insert(at, CartLine{product, quantity});
  }
}

}  // namespace

bool can_fail(const Command& command) {
  return !std::holds_alternative<AddOrder>(command) &&
         !std::holds_alternative<AddToCart>(command) && !std::holds_alternative<Emit>(command);
}

RefusalCode refusal_of(CounterWrite::Kind kind) {
  switch (kind) {
    case CounterWrite::Kind::kStock:
      return RefusalCode::kInsufficientStock;
    case CounterWrite::Kind::kBalance:
      return RefusalCode::kInsufficientBalance;
    case CounterWrite::Kind::kIssued:
      return RefusalCode::kCouponSoldOut;
  }
  return RefusalCode::kNone;
}

std::string describe(const CounterWrite& write) {
  auto id = std::to_string(write.id);
  switch (write.kind) {
    case CounterWrite::Kind::kStock:
      return "product " + id;
    case CounterWrite::Kind::kBalance:
      return "wallet " + id;
    case CounterWrite::Kind::kIssued:
      return "coupon " + id;
  }
  return id;
}

std::string describe(const Resource& resource) {
  const auto id = std::to_string(resource.id);
  switch (resource.kind) {
    case Resource::Kind::kUser:
      return "user " + id;
    case Resource::Kind::kProduct:
      return "product " + id;
    case Resource::Kind::kCoupon:
      break;
  }
  return "coupon " + id;
}

std::string describe(UserId user, CouponId coupon) {
  return "user " + std::to_string(value_of(user)) + " and coupon " +
         std::to_string(value_of(coupon));
}

Recorder::Recorder(RowReader& rows, const TransactionOptions& options)
    : rows_(rows), options_(options) {
  commands_.reserve(8);
}

std::vector<Command> Recorder::take_commands() {
  std::ranges::stable_partition(commands_, can_fail);
  return std::move(commands_);
}

CounterWrite* Recorder::own_counter(CounterWrite::Kind kind, std::int64_t id) {
  return own<CounterWrite>([&](const auto& own) { return own.kind == kind && own.id == id; });
}

std::int64_t Recorder::with_own_writes(CounterWrite::Kind kind, std::int64_t id,
                                       std::int64_t value) {
  const auto* written = own_counter(kind, id);
  if (written == nullptr) return value;
  return written->form == WriteForm::kAtomic ? value + written->change : written->result;
}

Result<std::optional<Product>> Recorder::product(ProductId id) {
  auto read = rows_.product(id);
  if (auto* row = found_in(read)) {
    row->stock = with_own_writes(CounterWrite::Kind::kStock, value_of(id), row->stock);
  }
  return read;
}

Result<std::optional<Wallet>> Recorder::wallet(UserId user) {
  auto read = rows_.wallet(user);
  if (auto* row = found_in(read)) {
    auto& balance = row->balance.minor;
    balance = with_own_writes(CounterWrite::Kind::kBalance, value_of(user), balance);
  }
  return read;
}

Result<std::optional<Coupon>> Recorder::coupon(CouponId id) {
  auto read = rows_.coupon(id);
  if (auto* row = found_in(read)) {
    row->issued = with_own_writes(CounterWrite::Kind::kIssued, value_of(id), row->issued);
  }
  return read;
}

Result<std::optional<UserCoupon>> Recorder::user_coupon(UserId user, CouponId coupon) {
  auto read = rows_.user_coupon(user, coupon);
  if (!read) return read;
  const auto* grant = own<GrantCoupon>(
      [&](const auto& g) { return g.granted.user == user && g.granted.coupon == coupon; });
  if (grant != nullptr && found_in(read) == nullptr) read = grant->granted;
  const auto* use =
      own<UseCoupon>([&](const auto& used) { return used.user == user && used.coupon == coupon; });
  if (auto* row = found_in(read); row != nullptr && use != nullptr) {
    row->status = UserCoupon::Status::kUsed;
    row->used_by = use->used_by;
  }
  return read;
}

Result<std::vector<CartLine>> Recorder::cart(UserId user) {
  auto lines = rows_.cart(user);
  if (!lines) return lines;
  for (const auto& command : commands_) {
    if (const auto* add = std::get_if<AddToCart>(&command); add != nullptr && add->user == user) {
      put(*lines, add->product, add->quantity);
    }
    if (const auto* clear = std::get_if<ClearCart>(&command);
        clear != nullptr && clear->user == user) {
      lines->clear();
    }
  }
  return lines;
}

Result<std::optional<Charge>> Recorder::charge(std::string_view transaction_id) {
  const auto* added =
      own<AddCharge>([&](const auto& add) { return add.charge.transaction_id == transaction_id; });
  if (added != nullptr) return added->charge;
  auto row = rows_.charge(transaction_id);
  if (row && !*row) absent_charge_ = transaction_id;
  return row;
}

Result<std::optional<RequestRecord>> Recorder::request(std::string_view key) {
  const auto* added =
      own<RecordRequest>([&](const auto& recorded) { return recorded.record.key == key; });
  if (added != nullptr) return added->record;
  auto row = rows_.request(key);
  if (row && !*row) absent_request_ = key;
  return row;
}

Result<bool> Recorder::change(const Seen& seen, std::int64_t by, std::int64_t least,
                              std::int64_t most) {
  auto* before = own_counter(seen.kind, seen.id);
  std::int64_t result = 0;
  if (__builtin_add_overflow(before == nullptr ? seen.value : before->result, by, &result)) {
    return fail(ErrorCode::kInvalid, describe(CounterWrite{seen.kind, seen.id}) +
                                         " would pass the largest number there is");
  }
  if (result < least || result > most) return false;
  if (before == nullptr) {
    commands_.emplace_back(CounterWrite{seen.kind, seen.id, by, result, seen.version, seen.form});
  } else {  // One command, so that the row is checked against the version that was read first.
    before->change += by;
    before->result = result;
  }
  return true;
}

Result<void> Recorder::add(const Seen& seen, std::int64_t by) {
  auto changed = change(seen, by, std::numeric_limits<std::int64_t>::min(), kNoBound);
  if (!changed) return Unexpected(std::move(changed.error()));
  return {};
}

Result<bool> Recorder::take_stock(const Product& seen, std::int64_t quantity) {
  if (quantity <= 0) return not_positive("A quantity to take", quantity);
  return change(
      {CounterWrite::Kind::kStock, value_of(seen.id), seen.stock, seen.version, options_.product},
      -quantity, 0, kNoBound);
}

Result<bool> Recorder::debit(const Wallet& seen, Money amount) {
  if (amount.minor == 0) return true;  // A coupon may make an order free.
  if (amount.minor < 0) return not_positive("An amount to debit", amount.minor);
  return change({CounterWrite::Kind::kBalance, value_of(seen.user), seen.balance.minor,
                 seen.version, options_.user},
                -amount.minor, 0, kNoBound);
}

Result<void> Recorder::return_stock(const Product& seen, std::int64_t quantity) {
  if (quantity <= 0) return not_positive("A quantity to return", quantity);
  return add(
      {CounterWrite::Kind::kStock, value_of(seen.id), seen.stock, seen.version, options_.product},
      quantity);
}

Result<void> Recorder::credit(const Wallet& seen, Money amount) {
  if (amount.minor <= 0) return not_positive("An amount to credit", amount.minor);
  return add({CounterWrite::Kind::kBalance, value_of(seen.user), seen.balance.minor, seen.version,
              options_.user},
             amount.minor);
}

Result<bool> Recorder::claim_coupon(const Coupon& seen) {
  return change(
      {CounterWrite::Kind::kIssued, value_of(seen.id), seen.issued, seen.version, options_.coupon},
      1, 0, seen.total);
}

Result<void> Recorder::grant_coupon(const UserCoupon& granted) {
  const auto* before = own<GrantCoupon>([&](const auto& grant) {
    return grant.granted.user == granted.user && grant.granted.coupon == granted.coupon;
  });
  if (before != nullptr && options_.user != WriteForm::kReadThenWrite) {
    return twice("The coupon of " + describe(granted.user, granted.coupon));
  }
  commands_.emplace_back(GrantCoupon{granted, options_.user});
  return {};
}

Result<bool> Recorder::use_coupon(const UserCoupon& seen, const OrderId& used_by) {
  const auto* before = own<UseCoupon>(
      [&](const auto& use) { return use.user == seen.user && use.coupon == seen.coupon; });
  if (before != nullptr || seen.status == UserCoupon::Status::kUsed) return false;
  auto* grant = own<GrantCoupon>([&](const auto& own_grant) {
    return own_grant.granted.user == seen.user && own_grant.granted.coupon == seen.coupon;
  });
  if (grant != nullptr) {  // Nobody else can see it yet: it is simply granted as used.
    if (grant->granted.status == UserCoupon::Status::kUsed) return false;
    grant->granted.status = UserCoupon::Status::kUsed;
    grant->granted.used_by = used_by;
    return true;
  }
  commands_.emplace_back(UseCoupon{seen.user, seen.coupon, used_by, seen.version, options_.user});
  return true;
}

Result<void> Recorder::add_order(const Order& order) {
  if (own<AddOrder>([&](const auto& add) { return add.order.id == order.id; }) != nullptr) {
    return twice("Order " + to_string(order.id));
  }
  commands_.emplace_back(AddOrder{order});
  return {};
}

Result<void> Recorder::add_to_cart(UserId user, ProductId product, std::int64_t quantity) {
  if (quantity <= 0) return not_positive("A quantity to add to a cart", quantity);
  commands_.emplace_back(AddToCart{user, product, quantity});
  return {};
}

Result<void> Recorder::clear_cart(UserId user, std::span<const CartLine> seen) {
  if (own<AddToCart>([&](const auto& add) { return add.user == user; }) != nullptr) {
    return fail(ErrorCode::kInvalid, "a cart was filled and cleared in one transaction");
  }
  commands_.emplace_back(ClearCart{user, {seen.begin(), seen.end()}, options_.user});
  return {};
}

Result<void> Recorder::add_charge(const Charge& charge) {
  const auto same = [&](const auto& add) {
    return add.charge.transaction_id == charge.transaction_id;
  };
  if (own<AddCharge>(same) != nullptr) return twice("Charge '" + charge.transaction_id + "'");
  commands_.emplace_back(AddCharge{charge});
  return {};
}

Result<void> Recorder::record_request(const RequestRecord& record) {
  const auto same = [&](const auto& recorded) { return recorded.record.key == record.key; };
  if (own<RecordRequest>(same) != nullptr) return twice("Request '" + record.key + "'");
  commands_.emplace_back(RecordRequest{record});
  return {};
}

Result<void> Recorder::emit(Event event) {
  commands_.emplace_back(Emit{std::move(event)});
  return {};
}

}  // namespace stampede::stores
