// Read views, seeds and the outbox.

#include <algorithm>

#include "tests/plugins/stores/store_contract.hpp"

namespace stampede::testing {
namespace {

class StoreViews : public StoreContract {
 protected:
  // Orders 1..n, one second apart, users 1, 2, 3 in turn; every fourth pending.
  void add_orders(std::uint64_t count) {
    for (std::uint64_t n = 1; n <= count; ++n) {
      commit([&](Transaction& t) -> Result<Outcome> {
        auto order = make_order(n, UserId{static_cast<std::int64_t>(n % 3 + 1)});
        if (n % 4 == 0) order.status = Order::Status::kPending;
        EXPECT_TRUE(t.add_order(order));
        EXPECT_TRUE(t.emit({"event-" + std::to_string(n), "TOPIC", "key", "{}", "correlation"}));
        return Outcome::commit();
      });
    }
  }

  std::vector<OrderId> ids(const OrderFilter& filter, Page page, std::int64_t expected_total) {
    const auto found = view_of(store())->orders(filter, page);
    EXPECT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->total, expected_total);
    std::vector<OrderId> result;
    for (const auto& order : found->items) {
      EXPECT_EQ(order.items.size(), 2U);
      result.push_back(order.id);
    }
    return result;
  }
};

INSTANTIATE_TEST_SUITE_P(Every, StoreViews, ::testing::ValuesIn(kEveryStore), name_of_store);

TEST_P(StoreViews, PagesProductsForPeople) {
  seed();
  const auto view = view_of(store());
  const auto page = *view->products({1, 4});
  EXPECT_EQ(page.total, 10);
  ASSERT_EQ(page.items.size(), 4U);
  EXPECT_EQ(page.items[0].id, ProductId{5});
  EXPECT_EQ(view->products({2, 4})->items.size(), 2U);
  EXPECT_TRUE(view->products({3, 4})->items.empty());
  const auto far = view->products({std::numeric_limits<std::int64_t>::max(), 1000});
  EXPECT_TRUE(far->items.empty());
  EXPECT_EQ(far->total, 10);
}

TEST_P(StoreViews, ListsOrdersNewestFirst) {
  seed();
  add_orders(10);
  EXPECT_EQ(ids({}, {0, 3}, 10), (std::vector{order_id(10), order_id(9), order_id(8)}));
  EXPECT_EQ(ids({}, {3, 3}, 10), (std::vector{order_id(1)}));
}

TEST_P(StoreViews, FiltersOrdersByEveryFieldAndTheirCombinations) {
  seed();
  add_orders(12);
  EXPECT_EQ(ids({.user = UserId{2}}, {0, 2}, 4), (std::vector{order_id(10), order_id(7)}));
  EXPECT_EQ(ids({.status = Order::Status::kPending}, {0, 9}, 3),
            (std::vector{order_id(12), order_id(8), order_id(4)}));
  EXPECT_EQ(ids({.from = at(1010)}, {0, 9}, 3),
            (std::vector{order_id(12), order_id(11), order_id(10)}));
  EXPECT_EQ(ids({.until = at(1003)}, {0, 9}, 2), (std::vector{order_id(2), order_id(1)}));
  EXPECT_EQ(ids({.user = UserId{2}, .status = Order::Status::kPending}, {0, 9}, 1),
            (std::vector{order_id(4)}));
  EXPECT_EQ(ids({.user = UserId{2}, .from = at(1004), .until = at(1010)}, {0, 9}, 2),
            (std::vector{order_id(7), order_id(4)}));
  EXPECT_EQ(
      ids({.status = Order::Status::kPending, .from = at(1005), .until = at(1012)}, {0, 9}, 1),
      (std::vector{order_id(8)}));
  EXPECT_TRUE(ids({.user = UserId{77}}, {0, 9}, 0).empty());
}

// Reads everything by cursor and expects each key once, in order.
template <typename Cursor, typename Read, typename KeyOf>
auto read_all(Cursor cursor, Read read, KeyOf key_of) {
  std::vector<Cursor> keys;
  for (;;) {
    const auto page = read(cursor);
    EXPECT_TRUE(page) << page.error().message;
    if (!page || page->empty()) return keys;
    EXPECT_LE(page->size(), 3U);
    for (const auto& row : *page) keys.push_back(key_of(row));
    cursor = keys.back();
  }
}

TEST_P(StoreViews, ReadsEverythingByCursorInKeyOrder) {
  seed();
  add_orders(10);
  for (const std::string key : {"b", "a", "ab", "c", "B"}) {
    commit([&](Transaction& t) -> Result<Outcome> {
      EXPECT_TRUE(t.add_charge({key, UserId{1}, Money{1}, at(0)}));
      return Outcome::commit();
    });
  }
  const auto view = view_of(store());
  const auto products = read_all(
      ProductId{0}, [&](auto after) { return view->products_after(after, 3); },
      [](const auto& row) { return row.id; });
  EXPECT_EQ(products.size(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(products));
  const auto wallets = read_all(
      UserId{0}, [&](auto after) { return view->wallets_after(after, 3); },
      [](const auto& row) { return row.user; });
  EXPECT_EQ(wallets.size(), 20U);
  const auto coupons = read_all(
      CouponId{0}, [&](auto after) { return view->coupons_after(after, 2); },
      [](const auto& row) { return row.id; });
  EXPECT_EQ(coupons.size(), 3U);
  const auto orders = read_all(
      OrderId{}, [&](auto after) { return view->orders_after(after, 3); },
      [](const auto& row) {
        EXPECT_EQ(row.items.size(), 2U);
        return row.id;
      });
  EXPECT_EQ(orders.size(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(orders));
  const auto charges = read_all(
      std::string(), [&](const auto& after) { return view->charges_after(after, 3); },
      [](const auto& row) { return row.transaction_id; });
  EXPECT_EQ(charges, (std::vector<std::string>{"B", "a", "ab", "b", "c"}));
  const auto held = read_all(
      std::pair(CouponId{0}, UserId{0}),
      [&](auto after) { return view->user_coupons_after(after.first, after.second, 3); },
      [](const auto& row) { return std::pair(row.coupon, row.user); });
  EXPECT_EQ(held.size(), 15U);
  EXPECT_TRUE(std::ranges::is_sorted(held));
}

TEST_P(StoreViews, NumbersTheOutboxInCommitOrder) {
  seed();
  add_orders(7);
  const auto view = view_of(store());
  const auto first = *view->outbox_after(0, 5);
  ASSERT_EQ(first.size(), 5U);
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].event.id, "event-" + std::to_string(i + 1));
  }
  EXPECT_EQ(first[0].event.topic, "TOPIC");
  EXPECT_EQ(first[0].event.key, "key");
  EXPECT_EQ(first[0].event.payload, "{}");
  EXPECT_EQ(first[0].event.correlation, "correlation");
  const auto rest = *view->outbox_after(first.back().sequence, 5);
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_GT(rest[0].sequence, first.back().sequence);
  EXPECT_EQ(rest[1].event.id, "event-7");
}

TEST_P(StoreViews, SeedsTheRowsThatTheContractNames) {
  seed();
  const auto view = view_of(store());
  const auto product = **view->product(ProductId{4});
  EXPECT_EQ(product.price, Money{103});
  EXPECT_EQ(product.stock, 10);
  EXPECT_FALSE(product.name.empty());
  EXPECT_EQ((*view->wallet(UserId{20}))->balance, Money{1000});
  const auto cart = *view->cart(UserId{9});  // Products (9 + k) % 10 + 1: 10, 1 and 2.
  ASSERT_EQ(cart.size(), 3U);
  EXPECT_EQ(cart[0].product, ProductId{1});
  EXPECT_EQ(cart[2].product, ProductId{10});
  EXPECT_EQ(cart[2].quantity, 2);
  const auto coupon = **view->coupon(CouponId{2});
  EXPECT_EQ(coupon.discount.kind, Discount::Kind::kPercent);
  EXPECT_EQ(coupon.discount.value, 10);
  EXPECT_EQ(coupon.total, 20);
  EXPECT_EQ(coupon.issued, 15);
  EXPECT_EQ(coupon.valid_from, at(10));
  EXPECT_EQ(coupon.valid_until, at(20));
  EXPECT_EQ(view->coupons_of(UserId{15})->size(), 1U);
  EXPECT_TRUE(view->coupons_of(UserId{16})->empty());
}

TEST_P(StoreViews, RefusesASecondSeedAndOneThatContradictsItself) {
  const auto refused = [&](auto&& change, std::string_view names) {
    auto wrong = small_seed();
    change(wrong);
    const auto seeded = store().seed(wrong);
    ASSERT_FALSE(seeded);
    EXPECT_EQ(seeded.error().code, ErrorCode::kInvalid);
    EXPECT_NE(seeded.error().message.find(names), std::string::npos) << seeded.error().message;
  };
  refused([](Seed& s) { s.users = -1; }, "users");
  refused([](Seed& s) { s.cart_lines = 11; }, "cart_lines");
  refused([](Seed& s) { s.cart_quantity = 0; }, "cart_quantity");
  refused([](Seed& s) { s.coupons[1].held_by = 21; }, "held_by");
  refused([](Seed& s) { s.coupons[1].total = 3; }, "held_by");
  EXPECT_EQ(view_of(store())->products({0, 1})->total, 0);
  seed();
  refused([](Seed&) {}, "empty");
  EXPECT_EQ(view_of(store())->products({0, 1})->total, 10);
}

TEST_P(StoreViews, DoesNotSeedAStoreThatHoldsAnything) {
  commit([](Transaction& t) {
    return t.add_to_cart(UserId{1}, ProductId{1}, 1).map([] { return Outcome::commit(); });
  });
  EXPECT_EQ(store().seed(small_seed()).error().code, ErrorCode::kInvalid);
}

TEST_P(StoreViews, CountsWhatItDoes) {
  seed();
  add_orders(3);
  std::int64_t counted = 0;
  for (const auto& query : store().stats().queries) counted += query.count;
  EXPECT_GE(counted, 3);
}

}  // namespace
}  // namespace stampede::testing
