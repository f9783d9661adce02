// Placing an order without an external payment: what it changes, and when it is refused.

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::is_accepted;
using testing::is_refused;
using testing::item;
using testing::order_of;
using testing::Sale;

PlaceOrder with_coupon(PlaceOrder request, std::int64_t coupon) {
  request.coupon = CouponId{coupon};
  return request;
}

TEST(PlacedOrder, TakesStockAndMoneyAndIsKept) {
  Sale sale;
  const auto reply = sale.order(order_of(1, {item(3, 2), item(1, 1)}));
  ASSERT_TRUE(is_accepted(reply));
  const auto& order = *reply->value;
  EXPECT_EQ(order.status, Order::Status::kCompleted);
  EXPECT_EQ(order.subtotal, Money{2 * 102 + 100});
  EXPECT_EQ(order.total, order.subtotal);
  EXPECT_EQ(order.created_at, sale.clock.now());
  ASSERT_EQ(order.items.size(), 2U);
  EXPECT_EQ(order.items[0].product, ProductId{1}) << "items are in the order of their products";

  EXPECT_EQ(sale.stock(1), 9);
  EXPECT_EQ(sale.stock(3), 8);
  EXPECT_EQ(sale.balance(1), 10'000 - 304);
  ASSERT_EQ(sale.orders().size(), 1U);
  testing::expect_equal(sale.orders()[0], order);
}

TEST(PlacedOrder, TellsTheWorldOnce) {
  Sale sale;
  const auto reply = sale.order(with_coupon(order_of(1, {item(3, 2)}), 1));
  ASSERT_TRUE(is_accepted(reply));
  const auto events = sale.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].topic, "ORDER_COMPLETED");
  EXPECT_EQ(events[0].key, to_string(reply->value->id));
  EXPECT_EQ(events[0].correlation, "trace-1");
  EXPECT_NE(events[0].id, events[0].key);
  EXPECT_EQ(nlohmann::json::parse(events[0].payload),
            (nlohmann::json{{"orderId", to_string(reply->value->id)},
                            {"userId", 1},
                            {"items", {{{"productId", 3}, {"quantity", 2}, {"unitPrice", 102}}}},
                            {"couponId", 1},
                            {"subtotal", 204},
                            {"total", 174}}));
}

TEST(PlacedOrder, UsesItsCoupon) {
  Sale sale;
  const auto reply = sale.order(with_coupon(order_of(1, {item(3, 1)}), 2));  // 15 % of 102: 15.3
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->subtotal, Money{102});
  EXPECT_EQ(reply->value->total, Money{87});
  EXPECT_EQ(reply->value->coupon, CouponId{2});
  EXPECT_EQ(sale.balance(1), 10'000 - 87);
  for (const auto& held : sale.coupons(1)) {
    const bool is_used = held.coupon == CouponId{2};
    EXPECT_EQ(held.status, is_used ? UserCoupon::Status::kUsed : UserCoupon::Status::kIssued);
    if (is_used) {
      EXPECT_EQ(held.used_by, reply->value->id);
    }
  }
}

TEST(PlacedOrder, MayCostNothing) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.issue({UserId{1}, CouponId{3}, {}})));
  const auto reply = sale.order(with_coupon(order_of(1, {item(3, 1)}), 3));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->total, Money{0});
  EXPECT_EQ(sale.balance(1), 10'000);
}

// Nothing of a refused order is left behind.
void expect_untouched(Sale& sale) {
  EXPECT_TRUE(sale.orders().empty());
  EXPECT_TRUE(sale.events().empty());
  for (const std::int64_t product : {1, 2, 3}) EXPECT_EQ(sale.stock(product), 10);
  EXPECT_EQ(sale.balance(1), 10'000);
  for (const auto& held : sale.coupons(1)) EXPECT_EQ(held.status, UserCoupon::Status::kIssued);
}

TEST(RefusedOrder, OfAnUnknownUser) {
  Sale sale;
  EXPECT_TRUE(is_refused(sale.order(order_of(99, {item(1, 1)})), RefusalCode::kUserNotFound));
  EXPECT_TRUE(is_refused(sale.order(order_of(99, {})), RefusalCode::kUserNotFound));
  expect_untouched(sale);
}

TEST(RefusedOrder, OfAnUnknownProduct) {
  Sale sale;
  EXPECT_TRUE(is_refused(sale.order(order_of(1, {item(1, 1), item(99, 1)})),
                         RefusalCode::kProductNotFound));
  expect_untouched(sale);
}

TEST(RefusedOrder, OfMoreThanThereIs) {
  Sale sale;
  EXPECT_TRUE(is_refused(sale.order(order_of(1, {item(1, 1), item(2, 11)})),
                         RefusalCode::kInsufficientStock));
  expect_untouched(sale);
  EXPECT_TRUE(is_accepted(sale.order(order_of(1, {item(1, 1), item(2, 10)}))));
}

TEST(RefusedOrder, OfMoreThanTheUserHas) {
  auto seed = testing::small_seed();
  seed.balance = Money{201};
  Sale sale({}, "per_user", seed);
  EXPECT_TRUE(is_refused(sale.order(order_of(1, {item(3, 2)})), RefusalCode::kInsufficientBalance));
  EXPECT_EQ(sale.stock(3), 10);
  EXPECT_TRUE(is_accepted(sale.order(order_of(1, {item(1, 1), item(2, 1)}))));
  EXPECT_EQ(sale.balance(1), 0);
}

TEST(RefusedOrder, WithACouponThatIsNotUsable) {
  Sale sale;
  const auto refuses = [&](const PlaceOrder& request, std::int64_t coupon, RefusalCode code) {
    EXPECT_TRUE(is_refused(sale.order(with_coupon(request, coupon)), code));
  };
  refuses(order_of(1, {item(1, 1)}), 99, RefusalCode::kCouponNotFound);
  refuses(order_of(1, {item(1, 1)}), 3, RefusalCode::kCouponNotUsable);  // Not held.
  sale.clock.set(499);
  refuses(order_of(1, {item(1, 1)}), 1, RefusalCode::kCouponNotUsable);  // Not yet valid.
  sale.clock.set(5'000);
  refuses(order_of(1, {item(1, 1)}), 1, RefusalCode::kCouponNotUsable);  // Not any more.
  expect_untouched(sale);

  sale.clock.set(4'999);
  ASSERT_TRUE(is_accepted(sale.order(with_coupon(order_of(1, {item(1, 1)}), 1))));
  refuses(order_of(1, {item(1, 1)}), 1, RefusalCode::kCouponNotUsable);  // Used.
  EXPECT_EQ(sale.orders().size(), 1U);
}

TEST(RefusedOrder, WithItemsThatBreakTheRulesIsAnErrorBeforeAnythingElse) {
  Sale sale;
  for (const auto& items : {std::vector<ItemRequest>{item(1, 0)},
                            {item(1, 1'001)},
                            {item(1, 1), item(1, 1)},
                            std::vector<ItemRequest>(21)}) {
    const auto reply = sale.order(order_of(1, items));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kInvalid);
  }
  expect_untouched(sale);
}

TEST(RefusedOrder, WhoseAmountDoesNotFitIsAnErrorThatSaysSo) {
  auto seed = testing::small_seed();
  seed.price = Money{std::numeric_limits<std::int64_t>::max() / 2};
  Sale sale({}, "per_user", seed);
  const auto reply = sale.order(order_of(1, {item(1, 3)}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInvalid);
  EXPECT_NE(reply.error().message.find("user 1"), std::string::npos) << reply.error().message;
}

TEST(RefusedOrder, IsNotTakenForCompletedWhenTheStoreFindsOutAtCommit) {
  // The other order is placed in the middle of this one, which pays after it has taken its stock.
  Sale sale({.payment = PaymentPlacement::kInTransaction}, "atomic");
  testing::ScriptedPayments others;
  Pipeline other(sale.store, *sale.lock, others, sale.clock, sale.ids, {});
  sale.payments.answer([&](const OrderId&, Money) -> Result<Outcome> {
    auto context = sale.context();
    EXPECT_TRUE(is_accepted(other.place_order(order_of(2, {item(1, 10)}), context)));
    return Outcome::commit();
  });
  EXPECT_TRUE(is_refused(sale.order(order_of(1, {item(1, 1)})), RefusalCode::kInsufficientStock));
  EXPECT_EQ(sale.orders().size(), 1U);
  EXPECT_EQ(sale.balance(1), 10'000);
  EXPECT_TRUE(sale.payments.held().empty());
}

TEST(CartOrder, TakesTheCartAndEmptiesIt) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.add_to_cart({UserId{1}, item(2, 3), {}})));
  ASSERT_TRUE(is_accepted(sale.add_to_cart({UserId{1}, item(1, 1), {}})));
  const auto reply = sale.order(order_of(1, {}));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->total, Money{3 * 101 + 100});
  EXPECT_TRUE(sale.cart(1).empty());
  EXPECT_EQ(sale.stock(2), 7);
  EXPECT_TRUE(is_refused(sale.order(order_of(1, {})), RefusalCode::kCartEmpty));
}

TEST(CartOrder, LeavesTheCartWhenRefused) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.add_to_cart({UserId{1}, item(2, 11), {}})));
  EXPECT_TRUE(is_refused(sale.order(order_of(1, {})), RefusalCode::kInsufficientStock));
  EXPECT_EQ(sale.cart(1).size(), 1U);
}

TEST(CartOrder, LeavesTheCartWhenTheItemsWereNamed) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.add_to_cart({UserId{1}, item(2, 1), {}})));
  ASSERT_TRUE(is_accepted(sale.order(order_of(1, {item(2, 1)}))));
  EXPECT_EQ(sale.cart(1).size(), 1U);
}

TEST(CartOrder, IsRefusedForMoreProductsThanAnOrderMayHave) {
  auto seed = testing::small_seed();
  seed.cart_lines = 21;
  seed.cart_quantity = 1;
  Sale sale({}, "per_user", seed);
  const auto reply = sale.order(order_of(1, {}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInvalid);
  EXPECT_NE(reply.error().message.find("21 different products"), std::string::npos);
}

// Records the scopes it is given, then leaves the work to the real strategy.
class ScopeRecorder final : public LockStrategy {
 public:
  explicit ScopeRecorder(LockStrategy& inner) : inner_(inner) {}
  bool runs_on(const Store& store) const override { return inner_.runs_on(store); }
  Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                          Context& context) override {
    const auto resources = scope.resources();
    scopes.emplace_back(resources.begin(), resources.end());
    return inner_.execute(store, scope, operation, context);
  }
  std::vector<std::vector<Resource>> scopes;

 private:
  LockStrategy& inner_;
};

Resource user(std::int64_t id) { return {Resource::Kind::kUser, id}; }
Resource product(std::int64_t id) { return {Resource::Kind::kProduct, id}; }

TEST(OrderScope, NamesTheUserAndEveryProduct) {
  Sale sale;
  ScopeRecorder recorder(*sale.lock);
  Pipeline pipeline(sale.store, recorder, sale.payments, sale.clock, sale.ids, {});
  auto context = sale.context();
  ASSERT_TRUE(is_accepted(pipeline.place_order(order_of(1, {item(3, 1), item(2, 1)}), context)));
  ASSERT_TRUE(is_accepted(sale.add_to_cart({UserId{2}, item(7, 1), {}})));
  ASSERT_TRUE(is_accepted(pipeline.place_order(order_of(2, {}), context)));
  EXPECT_EQ(recorder.scopes, (std::vector<std::vector<Resource>>{{user(1), product(2), product(3)},
                                                                 {user(2), product(7)}}));
}

TEST(OrderScope, IsMadeAgainWhenTheCartOutgrowsIt) {
  Sale sale;
  ScopeRecorder recorder(*sale.lock);
  Pipeline pipeline(sale.store, recorder, sale.payments, sale.clock, sale.ids, {});
  ASSERT_TRUE(is_accepted(sale.add_to_cart({UserId{2}, item(7, 1), {}})));
  sale.store.before(0, [&] {
    class Add final : public Operation {
      Result<Outcome> work(Transaction& transaction) override {
        EXPECT_TRUE(transaction.add_to_cart(UserId{2}, ProductId{8}, 1));
        return Outcome::commit();
      }
    } add;
    auto context = sale.context();
    EXPECT_TRUE(sale.store.inner().transact({}, add, context));
  });
  auto context = sale.context();
  const auto reply = pipeline.place_order(order_of(2, {}), context);
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->items.size(), 2U);
  EXPECT_EQ(recorder.scopes, (std::vector<std::vector<Resource>>{
                                 {user(2), product(7)}, {user(2), product(7), product(8)}}));
  EXPECT_EQ(sale.orders().size(), 1U);
}

TEST(ReadWritePause, DelaysAnOrderThatWillWrite) {
  Sale sale({.read_write_pause = std::chrono::milliseconds(20)});
  const auto started = Clock::now();
  ASSERT_TRUE(is_accepted(sale.order(order_of(1, {item(1, 1)}))));
  EXPECT_GE(Clock::now() - started, std::chrono::milliseconds(20));
}

TEST(ReadWritePause, IsSparedAnOrderThatWritesNothing) {
  // The deadline is further away than a test may take: a pause would be seen.
  Sale sale({.read_write_pause = std::chrono::hours(1)});
  Phases phases;
  Context context{Clock::now() + std::chrono::hours(1), phases};
  EXPECT_TRUE(is_refused(sale.pipeline.place_order(order_of(1, {item(1, 11)}), context),
                         RefusalCode::kInsufficientStock));
}

TEST(ReadWritePause, EndsAtTheDeadline) {
  Sale sale({.read_write_pause = std::chrono::hours(1)});
  Phases phases;
  Context context{Clock::now() + std::chrono::milliseconds(20), phases};
  (void)sale.pipeline.place_order(order_of(1, {item(1, 1)}), context);
  SUCCEED() << "it returned";
}

}  // namespace
}  // namespace stampede::pipeline
