// A sale to test the pipeline on: the real memory store and a real lock strategy behind their
// plugins, a clock and ids that tests set, a payment provider that tests script, and a store that
// can be told to fail. Safe for concurrent use once set up.

#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/pipeline/pipeline.hpp"
#include "core/plugin/catalog.hpp"

namespace stampede::pipeline::testing {

class SetClock final : public WallClock {
 public:
  TimePoint now() override { return TimePoint(std::chrono::microseconds(microseconds_)); }
  void set(std::int64_t microseconds) { microseconds_ = microseconds; }

 private:
  std::atomic<std::int64_t> microseconds_{1'000};
};

class CountedIds final : public IdGenerator {
 public:
  OrderId next() override {
    const auto number = ++last_;
    OrderId id;
    for (unsigned i = 0; i < 8; ++i) {
      id.bytes[8 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    }
    return id;
  }

 private:
  std::atomic<std::uint64_t> last_{0};
};

// Says yes unless told otherwise, and keeps the books.
class ScriptedPayments final : public PaymentGateway {
 public:
  using Answer = std::function<Result<Outcome>(const OrderId&, Money)>;

  Result<Outcome> pay(const OrderId& order, Money amount) override {
    ++calls_;
    auto answer = answer_ ? answer_(order, amount) : Outcome::commit();
    const std::lock_guard lock(mutex_);
    // A fault after the money was taken is the worst case, so it is the one that is played.
    if (!answer || answer->committed()) held_[order] = amount;
    return answer;
  }

  Result<void> refund(const OrderId& order) override {
    ++refund_calls_;
    if (failing_refunds_ > 0) {
      --failing_refunds_;
      return fail(ErrorCode::kUnavailable, "the provider is away");
    }
    const std::lock_guard lock(mutex_);
    held_.erase(order);
    return {};
  }

  void answer(Answer answer) { answer_ = std::move(answer); }
  void fail_refunds(int count) { failing_refunds_ = count; }

  int calls() const { return calls_; }
  int refund_calls() const { return refund_calls_; }
  std::map<OrderId, Money> held() const {
    const std::lock_guard lock(mutex_);
    return held_;
  }

 private:
  Answer answer_;
  std::atomic<int> calls_{0};
  std::atomic<int> refund_calls_{0};
  std::atomic<int> failing_refunds_{0};
  mutable std::mutex mutex_;
  std::map<OrderId, Money> held_;
};

// What happens to one transaction instead of what was asked.
struct Fault {
  bool runs = true;     // The work is run.
  bool commits = true;  // And what it wrote is kept.
  ErrorCode answer = ErrorCode::kInDoubt;
};

// The given store, with faults for the transactions to come, in order, and a hook before each.
class FaultyStore final : public Store {
 public:
  explicit FaultyStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}

  void next(Fault fault) { faults_.push_back(fault); }
  // Let this many transactions pass before the next fault.
  void pass(int count) {
    for (int i = 0; i < count; ++i) faults_.push_back(std::nullopt);
  }
  // Called once, before the transaction after `skipped` others; it may use the store.
  void before(int skipped, std::function<void()> hook) {
    hook_after_ = skipped;
    hook_ = std::move(hook);
  }

  // Called before the read view after `skipped` others; it may use the store.
  void before_view(int skipped, std::function<void()> hook) {
    view_hook_after_ = skipped;
    view_hook_ = std::move(hook);
  }

  Store& inner() { return *inner_; }

  Sharing sharing() const override { return inner_->sharing(); }
  bool supports(const TransactionOptions& options) const override {
    return inner_->supports(options);
  }
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    if (hook_ && hook_after_-- == 0) std::exchange(hook_, nullptr)();
    if (faults_.empty()) return inner_->transact(options, operation, context);
    const auto fault = faults_.front();
    faults_.pop_front();
    if (!fault) return inner_->transact(options, operation, context);
    if (fault->runs) {
      RolledBack rolled_back(operation);
      auto& run = fault->commits ? operation : static_cast<Operation&>(rolled_back);
      auto outcome = inner_->transact(options, run, context);
      // Only a commit can get lost: a refusal or an error of the work is known at once.
      if (!outcome || (fault->commits && !outcome->committed())) return outcome;
      if (!fault->commits && rolled_back.outcome != Outcome::commit()) return rolled_back.outcome;
    }
    return fail(fault->answer, "scripted fault");
  }
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override {
    if (view_hook_ && view_hook_after_-- == 0) std::exchange(view_hook_, nullptr)();
    return inner_->read_view(deadline);
  }
  Result<void> seed(const Seed& seed) override { return inner_->seed(seed); }
  Result<void> ping(Deadline deadline) override { return inner_->ping(deadline); }
  StoreStats stats() const override { return inner_->stats(); }

 private:
  struct RolledBack final : Operation {
    explicit RolledBack(Operation& wrapped) : operation(wrapped) {}
    Result<Outcome> work(Transaction& transaction) override {
      auto done = operation.work(transaction);
      if (!done) return done;
      outcome = *done;
      return Outcome::refuse(RefusalCode::kNone);
    }
    Operation& operation;
    Outcome outcome;
  };

  const std::unique_ptr<Store> inner_;
  std::deque<std::optional<Fault>> faults_;
  int hook_after_ = 0;
  std::function<void()> hook_;
  int view_hook_after_ = 0;
  std::function<void()> view_hook_;
};

inline Seed small_seed() {
  Seed seed;
  seed.users = 10;
  seed.balance = Money{10'000};
  seed.products = 30;
  seed.stock = 10;
  seed.price = Money{100};  // Product n costs 99 + n up to product 10.
  // Valid from 500 to 5000 microseconds; the clock stands at 1000.
  const TimePoint from{std::chrono::microseconds(500)};
  const TimePoint until{std::chrono::microseconds(5'000)};
  seed.coupons = {
      {{Discount::Kind::kFixed, 30}, 100, 5, from, until},    // 1: users 1..5 hold one.
      {{Discount::Kind::kPercent, 15}, 100, 5, from, until},  // 2: users 1..5 hold one.
      {{Discount::Kind::kPercent, 100}, 2, 0, from, until},   // 3: two to be had.
  };
  return seed;
}

class Sale {
 public:
  explicit Sale(Options options = {}, const std::string& lock_name = "per_user",
                const Seed& seed = small_seed())
      : catalog_({STAMPEDE_PLUGIN_DIR}),
        store(std::move(*catalog_.create<Store>("memory"))),
        lock(std::move(*catalog_.create<LockStrategy>(lock_name))),
        pipeline(store, *lock, payments, clock, ids, options) {
    EXPECT_TRUE(store.seed(seed));
  }

  Context context() {
    static thread_local Phases phases;
    phases = {};
    return {Clock::now() + std::chrono::seconds(30), phases};
  }

  Result<Reply<Order>> order(const PlaceOrder& request) {
    auto given = context();
    return pipeline.place_order(request, given);
  }
  Result<Reply<UserCoupon>> issue(const IssueCoupon& request) {
    auto given = context();
    return pipeline.issue_coupon(request, given);
  }
  Result<Reply<Charge>> charge(const ChargeBalance& request) {
    auto given = context();
    return pipeline.charge_balance(request, given);
  }
  Result<Reply<CartLine>> add_to_cart(const AddToCart& request) {
    auto given = context();
    return pipeline.add_to_cart(request, given);
  }

  std::unique_ptr<ReadView> view() { return std::move(*store.read_view(Clock::now())); }
  std::int64_t stock(std::int64_t product) { return (*view()->product(ProductId{product}))->stock; }
  std::int64_t balance(std::int64_t user) { return (*view()->wallet(UserId{user}))->balance.minor; }
  std::vector<UserCoupon> coupons(std::int64_t user) { return *view()->coupons_of(UserId{user}); }
  std::vector<CartLine> cart(std::int64_t user) { return *view()->cart(UserId{user}); }
  std::vector<Order> orders() { return view()->orders({}, {0, 1'000})->items; }
  std::vector<Event> events() {
    std::vector<Event> events;
    const auto rows = *view()->outbox_after(0, 1'000);
    for (const auto& row : rows) events.push_back(row.event);
    return events;
  }

 private:
  plugin::Catalog catalog_;

 public:
  FaultyStore store;
  std::unique_ptr<LockStrategy> lock;
  ScriptedPayments payments;
  SetClock clock;
  CountedIds ids;
  Pipeline pipeline;
};

// What a user's answer must keep to when it is given again.
inline void expect_equal(const Order& a, const Order& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.user, b.user);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.coupon, b.coupon);
  EXPECT_EQ(a.subtotal, b.subtotal);
  EXPECT_EQ(a.total, b.total);
  EXPECT_EQ(a.created_at, b.created_at);
  EXPECT_EQ(a.request_key, b.request_key);
  ASSERT_EQ(a.items.size(), b.items.size());
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    EXPECT_EQ(a.items[i].product, b.items[i].product);
    EXPECT_EQ(a.items[i].quantity, b.items[i].quantity);
    EXPECT_EQ(a.items[i].unit_price, b.items[i].unit_price);
  }
}

template <typename T>
::testing::AssertionResult is_refused(const Result<Reply<T>>& reply, RefusalCode code) {
  if (!reply) return ::testing::AssertionFailure() << "error: " << reply.error().message;
  if (reply->value) return ::testing::AssertionFailure() << "accepted";
  if (reply->refusal == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "refused with " << static_cast<int>(reply->refusal);
}

template <typename T>
::testing::AssertionResult is_accepted(const Result<Reply<T>>& reply) {
  if (!reply) return ::testing::AssertionFailure() << "error: " << reply.error().message;
  if (reply->value && reply->refusal == RefusalCode::kNone) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "refused with " << static_cast<int>(reply->refusal);
}

inline PlaceOrder order_of(std::int64_t user, std::vector<ItemRequest> items,
                           const std::string& key = {}) {
  return {UserId{user}, std::move(items), std::nullopt, {key, "trace-1"}};
}

inline ItemRequest item(std::int64_t product, std::int64_t quantity) {
  return {ProductId{product}, quantity};
}

}  // namespace stampede::pipeline::testing
