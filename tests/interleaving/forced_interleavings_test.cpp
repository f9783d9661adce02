// The races that the checks of lock strategies force (experiments/check/lock_races.cpp) do damage
// without protection, every time: a second operation runs exactly between what the first one reads
// and what it writes, under `unprotected`. That correct strategies come through is tested with
// their contract (tests/contract).

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "experiments/check/lock_sale.hpp"
#include "tests/interleaving/sale_test.hpp"

namespace stampede::test {
namespace {

constexpr int kRunsUnprotected = 20;

const Outcome kCommitted = Outcome::commit();

class Unprotected : public SaleTest {
 protected:
  // Runs the collision on a fresh sale.
  Interleaved collide(const Collision& collision, const Seed& seed) {
    open(seed);
    auto result = interleave(*strategy_, *store_, *collision.first, *collision.second);
    EXPECT_FALSE(result.hung) << "the second operation waited beyond its deadline";
    EXPECT_TRUE(result.first) << result.first.error().message;
    EXPECT_TRUE(result.second) << result.second.error().message;
    return result;
  }

  // Both commit although they must not, or leave the traces of one.
  template <typename Damage>
  void expect_damage(Collision (*make)(), const Seed& seed, Damage check) {
    for (int i = 0; i < kRunsUnprotected; ++i) {
      const auto result = collide(make(), seed);
      EXPECT_FALSE(result.kept_out);
      EXPECT_EQ(result.first, kCommitted);
      EXPECT_EQ(result.second, kCommitted);
      EXPECT_NE(contradictions_after(2), "");
      check(books());
      if (HasFailure()) return;
    }
  }
};

TEST_P(Unprotected, LosesAnUpdateOfTheStock) {
  expect_damage(two_buyers_of_tea, small_sale(10), [](const Books& books) {
    EXPECT_EQ(books.orders.size(), 2U);
    EXPECT_EQ(books.stock(kTea), 9) << "two were sold: 8 would be right";
  });
}

TEST_P(Unprotected, SellsTheLastUnitTwice) {
  expect_damage(two_buyers_of_tea, small_sale(1), [](const Books& books) {
    EXPECT_EQ(books.orders.size(), 2U);
    EXPECT_EQ(books.stock(kTea), 0);
  });
}

TEST_P(Unprotected, LosesAnUpdateOfABalance) {
  expect_damage(one_user_deposits_twice, small_sale(), [](const Books& books) {
    EXPECT_EQ(books.charges.size(), 2U);
    EXPECT_EQ(books.balance(kAda), Money{100 + 7}) << "112 would be right";
  });
}

TEST_P(Unprotected, GivesAUserACouponTwice) {
  expect_damage(one_user_asks_twice_for_a_coupon, small_sale(), [](const Books& books) {
    EXPECT_EQ(std::ranges::count(books.user_coupons, kPlenty, &UserCoupon::coupon), 2);
    EXPECT_EQ(books.issued(kPlenty), 1);
  });
}

TEST_P(Unprotected, IssuesMoreCouponsThanThereAre) {
  expect_damage(two_users_ask_for_the_last_coupon, small_sale(), [](const Books& books) {
    EXPECT_EQ(std::ranges::count(books.user_coupons, kRare, &UserCoupon::coupon), 2);
    EXPECT_EQ(books.issued(kRare), 1);
  });
}

TEST_P(Unprotected, PlacesTwoOrdersThatTheBalanceAllowsOnlyAlone) {
  expect_damage(one_user_buys_two_things_and_can_pay_for_one, small_sale(), [](const Books& books) {
    EXPECT_EQ(books.orders.size(), 2U) << "121 were spent of 100";
    EXPECT_EQ(books.balance(kAda), Money{100 - 60});
  });
}

TEST_P(Unprotected, UsesACouponForTwoOrders) {
  expect_damage(
      one_user_uses_a_coupon_for_two_orders, small_sale(10, 1000), [](const Books& books) {
        EXPECT_EQ(std::ranges::count(books.orders, std::optional(kHeld), &Order::coupon), 2);
      });
}

TEST_P(Unprotected, LetsAnOperationGetBetweenAWorkAndItsCommit) {
  for (int i = 0; i < kRunsUnprotected; ++i) {
    open(small_sale(10, 1000));
    Purchase first(1, kAda, {{kTea, 1}});
    Purchase second(2, kAda, {{kCoffee, 1}});
    Intruder intruder(*strategy_, *store_, second);
    GatedStore gated(*store_);
    gated.set_before_commit([&] { intruder.get_in(); });
    EXPECT_EQ(run(*strategy_, gated, first).outcome, kCommitted);
    EXPECT_EQ(intruder.finish(), kCommitted);
    EXPECT_EQ(second.balance_seen(), Money{1000});
    EXPECT_EQ(books().balance(kAda), Money{1000 - 60});
  }
}

INSTANTIATE_TEST_SUITE_P(Baseline, Unprotected,
                         testing::ValuesIn(pairings_of(kBaseline, kBaselineStores)), name_of);

}  // namespace
}  // namespace stampede::test
