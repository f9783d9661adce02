// Read views, seeds and the outbox.

#include <algorithm>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

// Orders 1..n, one second apart, users 1, 2, 3 in turn; every fourth pending.
void add_orders(StoreTrial& trial, std::uint64_t count) {
  for (std::uint64_t n = 1; n <= count; ++n) {
    trial.commit([&](Transaction& t) -> Result<Outcome> {
      auto order = make_order(n, UserId{static_cast<std::int64_t>(n % 3 + 1)});
      if (n % 4 == 0) order.status = Order::Status::kPending;
      CHECK_TRUE(t.add_order(order));
      CHECK_TRUE(t.emit({"event-" + std::to_string(n), "TOPIC", "key", "{}", "correlation"}));
      return Outcome::commit();
    });
  }
}

std::vector<OrderId> ids(StoreTrial& trial, const OrderFilter& filter, Page page,
                         std::int64_t expected_total) {
  const auto found = trial.view()->orders(filter, page);
  CHECK_TRUE(found);
  CHECK_EQ(found->total, expected_total);
  std::vector<OrderId> result;
  for (const auto& order : found->items) {
    CHECK_EQ(order.items.size(), 2U);
    result.push_back(order.id);
  }
  return result;
}

void pages_products_for_people(StoreTrial& trial) {
  trial.seed();
  const auto view = trial.view();
  const auto page = *view->products({1, 4});
  CHECK_EQ(page.total, 10);
  REQUIRE_EQ(page.items.size(), 4U);
  CHECK_EQ(page.items[0].id, ProductId{5});
  CHECK_EQ(view->products({2, 4})->items.size(), 2U);
  CHECK_TRUE(view->products({3, 4})->items.empty());
  const auto far = view->products({std::numeric_limits<std::int64_t>::max(), 1000});
  CHECK_TRUE(far->items.empty());
  CHECK_EQ(far->total, 10);
}

void lists_orders_newest_first(StoreTrial& trial) {
  trial.seed();
  add_orders(trial, 10);
  CHECK_EQ(ids(trial, {}, {0, 3}, 10), (std::vector{order_id(10), order_id(9), order_id(8)}));
  CHECK_EQ(ids(trial, {}, {3, 3}, 10), (std::vector{order_id(1)}));
}

void filters_orders_by_every_field_and_their_combinations(StoreTrial& trial) {
  trial.seed();
  add_orders(trial, 12);
  CHECK_EQ(ids(trial, {.user = UserId{2}}, {0, 2}, 4), (std::vector{order_id(10), order_id(7)}));
  CHECK_EQ(ids(trial, {.status = Order::Status::kPending}, {0, 9}, 3),
           (std::vector{order_id(12), order_id(8), order_id(4)}));
  CHECK_EQ(ids(trial, {.from = at(1010)}, {0, 9}, 3),
           (std::vector{order_id(12), order_id(11), order_id(10)}));
  CHECK_EQ(ids(trial, {.until = at(1003)}, {0, 9}, 2), (std::vector{order_id(2), order_id(1)}));
  CHECK_EQ(ids(trial, {.user = UserId{2}, .status = Order::Status::kPending}, {0, 9}, 1),
           (std::vector{order_id(4)}));
  CHECK_EQ(ids(trial, {.user = UserId{2}, .from = at(1004), .until = at(1010)}, {0, 9}, 2),
           (std::vector{order_id(7), order_id(4)}));
  CHECK_EQ(ids(trial, {.status = Order::Status::kPending, .from = at(1005), .until = at(1012)},
               {0, 9}, 1),
           (std::vector{order_id(8)}));
  CHECK_TRUE(ids(trial, {.user = UserId{77}}, {0, 9}, 0).empty());
}

// Reads everything by cursor and expects each key once, in order.
template <typename Cursor, typename Read, typename KeyOf>
auto read_all(StoreTrial& trial, Cursor cursor, Read read, KeyOf key_of) {
  std::vector<Cursor> keys;
  for (;;) {
    const auto page = read(cursor);
    CHECK_TRUE(page);
    if (!page || page->empty()) return keys;
    CHECK_TRUE(page->size() <= 3U);
    for (const auto& row : *page) keys.push_back(key_of(row));
    cursor = keys.back();
  }
}

void reads_everything_by_cursor_in_key_order(StoreTrial& trial) {
  trial.seed();
  add_orders(trial, 10);
  for (const std::string key : {"b", "a", "ab", "c", "B"}) {
    trial.commit([&](Transaction& t) -> Result<Outcome> {
      CHECK_TRUE(t.add_charge({key, UserId{1}, Money{1}, at(0)}));
      return Outcome::commit();
    });
  }
  const auto view = trial.view();
  const auto products = read_all(
      trial, ProductId{0}, [&](auto after) { return view->products_after(after, 3); },
      [](const auto& row) { return row.id; });
  CHECK_EQ(products.size(), 10U);
  CHECK_TRUE(std::ranges::is_sorted(products));
  const auto wallets = read_all(
      trial, UserId{0}, [&](auto after) { return view->wallets_after(after, 3); },
      [](const auto& row) { return row.user; });
  CHECK_EQ(wallets.size(), 20U);
  const auto coupons = read_all(
      trial, CouponId{0}, [&](auto after) { return view->coupons_after(after, 2); },
      [](const auto& row) { return row.id; });
  CHECK_EQ(coupons.size(), 3U);
  const auto orders = read_all(
      trial, OrderId{}, [&](auto after) { return view->orders_after(after, 3); },
      [&](const auto& row) {
        CHECK_EQ(row.items.size(), 2U);
        return row.id;
      });
  CHECK_EQ(orders.size(), 10U);
  CHECK_TRUE(std::ranges::is_sorted(orders));
  const auto charges = read_all(
      trial, std::string(), [&](const auto& after) { return view->charges_after(after, 3); },
      [](const auto& row) { return row.transaction_id; });
  CHECK_EQ(charges, (std::vector<std::string>{"B", "a", "ab", "b", "c"}));
  const auto held = read_all(
      trial, std::pair(CouponId{0}, UserId{0}),
      [&](auto after) { return view->user_coupons_after(after.first, after.second, 3); },
      [](const auto& row) { return std::pair(row.coupon, row.user); });
  CHECK_EQ(held.size(), 15U);
  CHECK_TRUE(std::ranges::is_sorted(held));
}

void numbers_the_outbox_in_commit_order(StoreTrial& trial) {
  trial.seed();
  add_orders(trial, 7);
  const auto view = trial.view();
  const auto first = *view->outbox_after(0, 5);
  REQUIRE_EQ(first.size(), 5U);
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK_EQ(first[i].event.id, "event-" + std::to_string(i + 1));
  }
  CHECK_EQ(first[0].event.topic, "TOPIC");
  CHECK_EQ(first[0].event.key, "key");
  CHECK_EQ(first[0].event.payload, "{}");
  CHECK_EQ(first[0].event.correlation, "correlation");
  const auto rest = *view->outbox_after(first.back().sequence, 5);
  REQUIRE_EQ(rest.size(), 2U);
  CHECK_TRUE(rest[0].sequence > first.back().sequence);
  CHECK_EQ(rest[1].event.id, "event-7");
}

void ranks_products_by_units_sold_in_completed_orders(StoreTrial& trial) {
  trial.seed();
  const auto sell = [&](std::uint64_t number, std::vector<OrderItem> items, Order::Status status) {
    auto order = make_order(number);  // Of the time 1000 s + number.
    order.items = std::move(items);
    order.status = status;
    trial.commit([&](Transaction& t) -> Result<Outcome> {
      CHECK_TRUE(t.add_order(order));
      return Outcome::commit();
    });
  };
  constexpr auto kCompleted = Order::Status::kCompleted;
  sell(1, {{ProductId{9}, 50, Money{1}}}, kCompleted);  // Too old.
  sell(2, {{ProductId{1}, 2, Money{1}}, {ProductId{2}, 5, Money{1}}}, kCompleted);
  sell(3, {{ProductId{1}, 3, Money{1}}, {ProductId{3}, 1, Money{1}}}, kCompleted);
  sell(4, {{ProductId{3}, 50, Money{1}}}, Order::Status::kPending);
  sell(5, {{ProductId{3}, 50, Money{1}}}, Order::Status::kFailed);
  sell(6, {{ProductId{77}, 9, Money{1}}}, kCompleted);  // This store does not know it.
  const auto view = trial.view();
  const auto ranked = *view->popular_products(at(1002), 10);
  REQUIRE_EQ(ranked.size(), 4U);
  CHECK_EQ(ranked[0].product.id, ProductId{77});
  CHECK_EQ(ranked[0].product.name, "");
  CHECK_EQ(ranked[0].sold, 9);
  CHECK_EQ(ranked[1].product.id, ProductId{1});
  CHECK_EQ(ranked[1].sold, 5);
  CHECK_EQ(ranked[1].product.stock, 10);
  CHECK_EQ(ranked[1].product.price, Money{100});
  CHECK_EQ(ranked[2].product.id, ProductId{2});
  CHECK_EQ(ranked[3].product.id, ProductId{3});
  CHECK_EQ(ranked[3].sold, 1);
  CHECK_EQ(view->popular_products(at(1002), 2)->size(), 2U);
  CHECK_TRUE(view->popular_products(at(1002), 0)->empty());
  CHECK_EQ((*view->popular_products(at(0), 1))[0].product.id, ProductId{9});
  CHECK_TRUE(view->popular_products(at(1007), 10)->empty());
}

void seeds_the_rows_that_the_contract_names(StoreTrial& trial) {
  trial.seed();
  const auto view = trial.view();
  const auto product = **view->product(ProductId{4});
  CHECK_EQ(product.price, Money{103});
  CHECK_EQ(product.stock, 10);
  CHECK_FALSE(product.name.empty());
  CHECK_EQ((*view->wallet(UserId{20}))->balance, Money{1000});
  const auto cart = *view->cart(UserId{9});  // Products (9 + k) % 10 + 1: 10, 1 and 2.
  REQUIRE_EQ(cart.size(), 3U);
  CHECK_EQ(cart[0].product, ProductId{1});
  CHECK_EQ(cart[2].product, ProductId{10});
  CHECK_EQ(cart[2].quantity, 2);
  const auto coupon = **view->coupon(CouponId{2});
  CHECK_EQ(coupon.discount.kind, Discount::Kind::kPercent);
  CHECK_EQ(coupon.discount.value, 10);
  CHECK_EQ(coupon.total, 20);
  CHECK_EQ(coupon.issued, 15);
  CHECK_EQ(coupon.valid_from, at(10));
  CHECK_EQ(coupon.valid_until, at(20));
  CHECK_EQ(view->coupons_of(UserId{15})->size(), 1U);
  CHECK_TRUE(view->coupons_of(UserId{16})->empty());
}

void refuses_a_second_seed_and_one_that_contradicts_itself(StoreTrial& trial) {
  const auto refused = [&](auto&& change, std::string_view names) {
    auto wrong = small_seed();
    change(wrong);
    const auto seeded = trial.store().seed(wrong);
    REQUIRE_FALSE(seeded);
    CHECK_EQ(seeded.error().code, ErrorCode::kInvalid);
    CHECK_TRUE(seeded.error().message.find(names) != std::string::npos);
  };
  refused([](Seed& s) { s.users = -1; }, "users");
  refused([](Seed& s) { s.cart_lines = 11; }, "cart_lines");
  refused([](Seed& s) { s.cart_quantity = 0; }, "cart_quantity");
  refused([](Seed& s) { s.coupons[1].held_by = 21; }, "held_by");
  refused([](Seed& s) { s.coupons[1].total = 3; }, "held_by");
  CHECK_EQ(trial.view()->products({0, 1})->total, 0);
  trial.seed();
  refused([](Seed&) {}, "empty");
  CHECK_EQ(trial.view()->products({0, 1})->total, 10);
}

void does_not_seed_a_store_that_holds_anything(StoreTrial& trial) {
  trial.commit([&](Transaction& t) {
    return t.add_to_cart(UserId{1}, ProductId{1}, 1).map([] { return Outcome::commit(); });
  });
  CHECK_EQ(trial.store().seed(small_seed()).error().code, ErrorCode::kInvalid);
}

void counts_what_it_does(StoreTrial& trial) {
  trial.seed();
  add_orders(trial, 3);
  std::int64_t counted = 0;
  for (const auto& query : trial.store().stats().queries) counted += query.count;
  CHECK_TRUE(counted >= 3);
}

constexpr Check kChecks[] = {
    {"PagesProductsForPeople", on_trial<pages_products_for_people>},
    {"ListsOrdersNewestFirst", on_trial<lists_orders_newest_first>},
    {"FiltersOrdersByEveryFieldAndTheirCombinations",
     on_trial<filters_orders_by_every_field_and_their_combinations>},
    {"ReadsEverythingByCursorInKeyOrder", on_trial<reads_everything_by_cursor_in_key_order>},
    {"NumbersTheOutboxInCommitOrder", on_trial<numbers_the_outbox_in_commit_order>},
    {"RanksProductsByUnitsSoldInCompletedOrders",
     on_trial<ranks_products_by_units_sold_in_completed_orders>},
    {"SeedsTheRowsThatTheContractNames", on_trial<seeds_the_rows_that_the_contract_names>},
    {"RefusesASecondSeedAndOneThatContradictsItself",
     on_trial<refuses_a_second_seed_and_one_that_contradicts_itself>},
    {"DoesNotSeedAStoreThatHoldsAnything", on_trial<does_not_seed_a_store_that_holds_anything>},
    {"CountsWhatItDoes", on_trial<counts_what_it_does>},
};

}  // namespace

std::span<const Check> store_view_checks() { return kChecks; }

}  // namespace stampede::check
