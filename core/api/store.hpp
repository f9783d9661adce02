// A Store keeps the state of the sale: products, wallets, coupons, carts, orders and the outbox.
// Business code never chooses how conflicts are prevented; the LockStrategy does, through
// TransactionOptions, so the same code runs unchanged under every strategy.
//
// A Store is safe for concurrent use. A Transaction and a ReadView belong to one thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/event.hpp"
#include "core/api/operation.hpp"
#include "core/api/placement.hpp"
#include "core/api/result.hpp"

namespace stampede {

// How a counted or exclusive thing (units of stock, a balance, a coupon) is written.
enum class WriteForm : std::uint8_t {
  kAtomic,         // Conditional at the moment of the write: correct without any lock.
  kReadThenWrite,  // What was read, minus the amount, written blindly: correct only under a lock.
  kVersioned,      // As kReadThenWrite, but a row changed since it was read is a kConflict.
  kLockedRead,     // The read locks the row until the transaction ends (SELECT ... FOR UPDATE).
};

// One form for each kind of resource. The default is correct under any strategy.
struct TransactionOptions {
  WriteForm user = WriteForm::kAtomic;     // Wallets, and the coupons a user holds.
  WriteForm product = WriteForm::kAtomic;  // Stock.
  WriteForm coupon = WriteForm::kAtomic;   // How many coupons were issued.

  // Locked by name, in the scope's order, before anything is read, until the transaction ends:
  // locks that live in the store and belong to no row. The time waited goes to the phase lock;
  // kLockTimeout when the deadline comes first. The scope outlives the transaction.
  const Scope* named_locks = nullptr;

  static constexpr TransactionOptions all(WriteForm form) { return {form, form, form}; }
  constexpr bool operator==(const TransactionOptions&) const = default;
};

// The verbs that business rules are made of. Reads see this transaction's own writes.
//
// The writes that take something scarce answer false when the transaction can already see that
// there is not enough; nothing is recorded then. A store may find it out only at commit, in the
// kAtomic form: transact() then answers the refusal that belongs to the verb, named below.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual Result<std::optional<Product>> product(ProductId id) = 0;
  virtual Result<std::optional<Wallet>> wallet(UserId user) = 0;
  virtual Result<std::optional<Coupon>> coupon(CouponId id) = 0;
  virtual Result<std::optional<UserCoupon>> user_coupon(UserId user, CouponId coupon) = 0;
  virtual Result<std::vector<CartLine>> cart(UserId user) = 0;
  virtual Result<std::optional<Order>> order(const OrderId& id) = 0;
  virtual Result<std::optional<Charge>> charge(std::string_view transaction_id) = 0;
  virtual Result<std::optional<RequestRecord>> request(std::string_view key) = 0;
  virtual Result<std::optional<SagaStep>> saga_step(std::string_view key) = 0;
  virtual Result<std::optional<RelayCursor>> relay_cursor() = 0;  // Nothing before the first.

  // Written in TransactionOptions::product form. Short: kInsufficientStock.
  virtual Result<bool> take_stock(const Product& seen, std::int64_t quantity) = 0;
  // The opposite, in the same form.
  virtual Result<void> return_stock(const Product& seen, std::int64_t quantity) = 0;
  // Written in TransactionOptions::user form. Short: kInsufficientBalance.
  virtual Result<bool> debit(const Wallet& seen, Money amount) = 0;
  virtual Result<void> credit(const Wallet& seen, Money amount) = 0;
  // Raises Coupon::issued, in TransactionOptions::coupon form. All issued: kCouponSoldOut.
  virtual Result<bool> claim_coupon(const Coupon& seen) = 0;
  // Gives the user the coupon, in TransactionOptions::user form: kAtomic and kVersioned refuse a
  // second one (kCouponAlreadyIssued, or kConflict for kVersioned), kReadThenWrite inserts blindly,
  // and is refused the second one only where the rows are kept unique.
  virtual Result<void> grant_coupon(const UserCoupon& granted) = 0;
  // kIssued to kUsed, in TransactionOptions::user form. Used by then: kCouponNotUsable.
  virtual Result<bool> use_coupon(const UserCoupon& seen, const OrderId& used_by) = 0;

  virtual Result<void> add_order(const Order& order) = 0;
  // kPending to `status`, for good, in the kAtomic form whatever the options say. False when the
  // order was final by then; kConflict when that is only found at commit. `failure` is for kFailed
  // only: Order::failure.
  virtual Result<bool> finish_order(const Order& seen, Order::Status status,
                                    std::string_view failure) = 0;
  virtual Result<void> add_to_cart(UserId user, ProductId product, std::int64_t quantity) = 0;
  // Takes what was seen out of the cart; what was added to it since stays. Written in
  // TransactionOptions::user form: kAtomic refuses with kCartEmpty when the cart does not hold that
  // much any more, kVersioned conflicts, kReadThenWrite empties it blindly. kInvalid after an
  // add_to_cart of the same transaction.
  virtual Result<void> clear_cart(UserId user, std::span<const CartLine> seen) = 0;
  // The transaction id is there already: kRequestInProgress.
  virtual Result<void> add_charge(const Charge& charge) = 0;
  // The key is there already: kRequestInProgress.
  virtual Result<void> record_request(const RequestRecord& record) = 0;
  virtual Result<void> emit(Event event) = 0;

  // The inbox: notes that this store's service has handled the event. False when it had before, and
  // the transaction is to change nothing then; kConflict when that is only found at commit.
  virtual Result<bool> receive(std::string_view event) = 0;
  // Adds the step as version 1 when its version is 0 and the key is new, else replaces the one of
  // that version by it, one version on. kConflict, here or at commit, when another is there.
  virtual Result<void> put_saga_step(const SagaStep& step) = 0;
  // Likewise for the one cursor of the store's outbox.
  virtual Result<void> put_relay_cursor(const RelayCursor& cursor) = 0;
};

// A page of a list, for people.
struct Page {
  std::int64_t number = 0;  // From 0.
  std::int64_t size = 20;   // 1..1000.
};

template <typename T>
struct Paged {
  std::vector<T> items;
  std::int64_t total = 0;  // Over all pages.
};

struct OrderFilter {
  std::optional<UserId> user;
  std::optional<Order::Status> status;
  std::optional<TimePoint> from;   // Inclusive.
  std::optional<TimePoint> until;  // Exclusive.
};

struct ProductSales {
  Product product;  // Of one that this store does not have, only the id.
  std::int64_t sold = 0;
};

struct OutboxRow {
  // Rises in commit order among events of one key; a cursor over it never passes a row that is
  // committed later.
  std::int64_t sequence = 0;
  Event event;
};

// A consistent picture of committed state, for queries, audits and the outbox. The `*_after`
// queries page by cursor, in key order, for reading everything: pass what the last row carried.
class ReadView {
 public:
  virtual ~ReadView() = default;

  virtual Result<std::optional<Product>> product(ProductId id) = 0;
  virtual Result<Paged<Product>> products(Page page) = 0;
  virtual Result<std::optional<Wallet>> wallet(UserId user) = 0;
  virtual Result<std::vector<UserCoupon>> coupons_of(UserId user) = 0;
  virtual Result<std::optional<Coupon>> coupon(CouponId id) = 0;
  virtual Result<std::vector<CartLine>> cart(UserId user) = 0;
  virtual Result<std::optional<Order>> order(const OrderId& id) = 0;
  virtual Result<Paged<Order>> orders(const OrderFilter& filter, Page page) = 0;

  // By units sold in completed orders created since then, best first, equal ones by id.
  virtual Result<std::vector<ProductSales>> popular_products(TimePoint since,
                                                             std::int64_t limit) = 0;

  virtual Result<std::vector<Product>> products_after(ProductId after, std::int64_t limit) = 0;
  virtual Result<std::vector<Wallet>> wallets_after(UserId after, std::int64_t limit) = 0;
  virtual Result<std::vector<Coupon>> coupons_after(CouponId after, std::int64_t limit) = 0;
  virtual Result<std::vector<Order>> orders_after(const OrderId& after, std::int64_t limit) = 0;
  // By (coupon, user); doubles, which only an unsafe strategy makes, all appear.
  virtual Result<std::vector<UserCoupon>> user_coupons_after(CouponId coupon, UserId user,
                                                             std::int64_t limit) = 0;
  virtual Result<std::vector<Charge>> charges_after(std::string_view transaction_id,
                                                    std::int64_t limit) = 0;
  virtual Result<std::vector<OutboxRow>> outbox_after(std::int64_t sequence,
                                                      std::int64_t limit) = 0;
  virtual Result<std::vector<SagaStep>> saga_steps_after(std::string_view key,
                                                         std::int64_t limit) = 0;
  virtual Result<std::optional<RelayCursor>> relay_cursor() = 0;  // Nothing before the first.
};

// Data to start from. Ids run from 1; every store makes the same rows from the same Seed.
struct SeedCoupon {
  Discount discount;
  std::int64_t total = 0;
  std::int64_t held_by = 0;  // Users 1..held_by hold one from the start (they count as issued).
  TimePoint valid_from;
  TimePoint valid_until;
};

struct Seed {
  std::int64_t users = 0;
  Money balance;  // Of each user.
  std::int64_t products = 0;
  std::int64_t stock = 0;       // Of each product.
  Money price;                  // Of product 1; product n costs price + (n - 1) % 10 minor units.
  std::int64_t cart_lines = 0;  // Per user: user u holds products (u + k) % products + 1.
  std::int64_t cart_quantity = 0;  // Of each line.
  std::vector<SeedCoupon> coupons;
};

// Whether state lives in this process only, or behind a network where instances share it.
enum class Sharing : std::uint8_t { kProcess, kNetwork };

struct PoolStats {
  std::int64_t active = 0;
  std::int64_t idle = 0;
  std::int64_t pending = 0;   // Waiting for one now.
  std::int64_t timeouts = 0;  // Since the start.
};

struct QueryStats {
  std::string name;  // Of the .sql file, or of the operation.
  std::int64_t count = 0;
  std::chrono::nanoseconds mean{0};
  std::chrono::nanoseconds p95{0};
};

struct StoreStats {
  PoolStats pool;
  std::vector<QueryStats> queries;
  std::vector<std::pair<std::string, double>> gauges;  // Store-specific, for example "wal_pages".
};

// The power of a store to place many orders in one call. Safe for concurrent use.
class BatchStore {
 public:
  virtual ~BatchStore() = default;

  // The most placements of one call.
  virtual std::size_t most() const = 0;

  // Decides each placement on its own, in the order given, and commits all that are granted
  // together; answers one result for each, in the same order. A placement whose request key is
  // stored already, and one that lost a race, answers kConflict: nothing of it is stored, and its
  // work is to be run instead. Errors otherwise as Store::transact.
  virtual std::vector<Result<Outcome>> place(std::span<Placement* const> placements,
                                             Context& context) = 0;
};

// The power of a store to tell the newest holder of a lock from those before it. Safe for
// concurrent use.
class FenceStore {
 public:
  virtual ~FenceStore() = default;

  // The next number of each resource; every fence issued for it before is stale from now on.
  // Returns only when no transaction that carries an older one can still commit. Adds to the phases
  // pool and store, so it is not to be called under a timer of another phase.
  virtual Result<std::vector<Fence>> issue(std::span<const Resource> resources,
                                           Context& context) = 0;
};

class Store {
 public:
  virtual ~Store() = default;  // Finishes what is queued. No call may be running.

  virtual Sharing sharing() const = 0;

  // False when the options ask for something this backend cannot do.
  virtual bool supports(const TransactionOptions& options) const = 0;

  // Runs `operation.work` in one transaction and commits it when the verdict is kCommit; returns
  // once the commit is as durable as the store promises. A refusal rolls back. Does not retry:
  // kConflict is the strategy's business. Errors: kConflict, kLockTimeout, kLeaseLost,
  // kPoolTimeout, kTimeout (withdrawn before it was begun), kOverloaded, kInDoubt, kUnavailable,
  // kInternal, or what work returned. Adds to the phases pool, store and commit, and to
  // Phases::attempts.
  virtual Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                                   Context& context) = 0;

  // Waits for a free view until the deadline: kPoolTimeout. Destroy it soon: it may pin resources.
  virtual Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) = 0;

  // Fills an empty store; kInvalid when it is not empty. All or nothing.
  virtual Result<void> seed(const Seed& seed) = 0;

  // Answers whether the store can serve now.
  virtual Result<void> ping(Deadline deadline) = 0;

  virtual StoreStats stats() const = 0;

  // The powers that a store may have; null when it has not. They live as long as the store.
  virtual BatchStore* batches() { return nullptr; }
  virtual FenceStore* fences() { return nullptr; }
};

}  // namespace stampede
