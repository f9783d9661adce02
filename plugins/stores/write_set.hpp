// What a transaction wants to write, as data. A store that runs the work against reads and applies
// the writes later hands the work a Recorder: it answers each verb from the store's rows and this
// transaction's own writes, and turns the writes into commands. The forms of TransactionOptions
// (atomic, blind, versioned) are decided here, once, for every such store.
//
// A Recorder belongs to one thread and one run of the work; it keeps the reader it was given only
// until then. Commands are plain values and may be moved to another thread.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/api/store.hpp"

namespace stampede::stores {

// A change of a number that must not pass a bound: units of stock, a balance, issued coupons.
// Several changes of one row by one transaction are one command.
struct CounterWrite {
  enum class Kind : std::uint8_t { kStock, kBalance, kIssued };
  Kind kind{};
  std::int64_t id = 0;
  std::int64_t change = 0;        // For kAtomic: added to what the row holds at commit.
  std::int64_t result = 0;        // For the other forms: what the row shall hold.
  std::int64_t seen_version = 0;  // For kVersioned: the version that was read.
  WriteForm form{};
};

struct UseCoupon {
  UserId user{};
  CouponId coupon{};
  OrderId used_by;
  std::int64_t seen_version = 0;
  WriteForm form{};
};

struct GrantCoupon {
  UserCoupon granted;
  WriteForm form{};
};

struct AddCharge {
  Charge charge;
};

struct RecordRequest {
  RequestRecord record;
};

struct AddOrder {
  Order order;
};

struct AddToCart {
  UserId user{};
  ProductId product{};
  std::int64_t quantity = 0;
};

struct ClearCart {
  UserId user{};
  std::vector<CartLine> seen;
  WriteForm form{};
};

struct Emit {
  Event event;
};

// kPending to `status`; a conflict when the order is final by then.
struct FinishOrder {
  OrderId order;
  Order::Status status{};
  std::string failure;
};

// A conflict when the event was received by then.
struct ReceiveEvent {
  std::string event;
};

// Stores the step as the version after the one that it carries, which is the one it must find: 0
// stands for none.
struct PutSagaStep {
  SagaStep step;
};

// Likewise.
struct PutRelayCursor {
  RelayCursor cursor;
};

using Command = std::variant<CounterWrite, UseCoupon, GrantCoupon, AddCharge, RecordRequest,
                             AddOrder, AddToCart, ClearCart, Emit, FinishOrder, ReceiveEvent,
                             PutSagaStep, PutRelayCursor>;

// Whether the command may be refused, or conflict, at commit.
bool can_fail(const Command& command);

// The refusal that store.hpp names for a counter that would pass its bound.
RefusalCode refusal_of(CounterWrite::Kind kind);

// "product 7", "wallet 7" or "coupon 7", for messages.
std::string describe(const CounterWrite& write);

// "user 7", "product 7" or "coupon 7", for messages.
std::string describe(const Resource& resource);

// "user 7 and coupon 3", for messages.
std::string describe(UserId user, CouponId coupon);

// The rows of the store as one run of the work sees them.
class RowReader {
 public:
  virtual ~RowReader() = default;

  virtual Result<std::optional<Product>> product(ProductId id) = 0;
  virtual Result<std::optional<Wallet>> wallet(UserId user) = 0;
  virtual Result<std::optional<Coupon>> coupon(CouponId id) = 0;
  virtual Result<std::optional<UserCoupon>> user_coupon(UserId user, CouponId coupon) = 0;
  virtual Result<std::vector<CartLine>> cart(UserId user) = 0;  // By product.
  virtual Result<std::optional<Order>> order(const OrderId& id) = 0;
  virtual Result<std::optional<Charge>> charge(std::string_view transaction_id) = 0;
  virtual Result<std::optional<RequestRecord>> request(std::string_view key) = 0;
  virtual Result<std::optional<SagaStep>> saga_step(std::string_view key) = 0;
  virtual Result<std::optional<RelayCursor>> relay_cursor() = 0;
  virtual Result<bool> received(std::string_view event) = 0;
};

class Recorder final : public Transaction {
 public:
  // Both outlive the recorder.
  Recorder(RowReader& rows, const TransactionOptions& options);

  // What was recorded, in an order that keeps its meaning: commands that can fail come first,
  // because a set that fails on its first command has nothing to undo.
  std::vector<Command> take_commands();

  // A request key or transaction id that the work looked for and did not find, or "".
  const std::string& absent_request() const { return absent_request_; }
  const std::string& absent_charge() const { return absent_charge_; }

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

  Result<bool> take_stock(const Product& seen, std::int64_t quantity) override;
  Result<void> return_stock(const Product& seen, std::int64_t quantity) override;
  Result<bool> debit(const Wallet& seen, Money amount) override;
  Result<void> credit(const Wallet& seen, Money amount) override;
  Result<bool> claim_coupon(const Coupon& seen) override;
  Result<void> grant_coupon(const UserCoupon& granted) override;
  Result<bool> use_coupon(const UserCoupon& seen, const OrderId& used_by) override;
  Result<void> add_order(const Order& order) override;
  Result<bool> finish_order(const Order& seen, Order::Status status,
                            std::string_view failure) override;
  Result<void> add_to_cart(UserId user, ProductId product, std::int64_t quantity) override;
  Result<void> clear_cart(UserId user, std::span<const CartLine> seen) override;
  Result<void> add_charge(const Charge& charge) override;
  Result<void> record_request(const RequestRecord& record) override;
  Result<void> emit(Event event) override;
  Result<bool> receive(std::string_view event) override;
  Result<void> put_saga_step(const SagaStep& step) override;
  Result<void> put_relay_cursor(const RelayCursor& cursor) override;

 private:
  // A row's number as it was read, before this transaction's own writes unless it was read again.
  struct Seen {
    CounterWrite::Kind kind;
    std::int64_t id;
    std::int64_t value;
    std::int64_t version;
    WriteForm form;
  };

  // The first command of this kind that matches, or null.
  template <typename Wanted, typename Matches>
  Wanted* own(Matches matches) {
    for (auto& command : commands_) {
      if (auto* found = std::get_if<Wanted>(&command); found != nullptr && matches(*found)) {
        return found;
      }
    }
    return nullptr;
  }
  CounterWrite* own_counter(CounterWrite::Kind kind, std::int64_t id);
  std::int64_t with_own_writes(CounterWrite::Kind kind, std::int64_t id, std::int64_t value);
  Result<bool> change(const Seen& seen, std::int64_t by, std::int64_t least, std::int64_t most);
  // As change(), for what only grows and is bounded by nothing.
  Result<void> add(const Seen& seen, std::int64_t by);

  RowReader& rows_;
  const TransactionOptions& options_;
  std::vector<Command> commands_;
  std::string absent_request_;
  std::string absent_charge_;
};

}  // namespace stampede::stores
