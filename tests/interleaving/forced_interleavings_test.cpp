// Each test forces one race: a second operation runs exactly between what the first one reads and
// what it writes. Correct strategies come through; `unprotected` takes the damage, every time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "tests/interleaving/sale_test.hpp"

namespace stampede::test {
namespace {

constexpr int kRunsUnprotected = 20;
constexpr int kRunsProtected = 3;

const Outcome kCommitted = Outcome::commit();

// Two operations that collide, made afresh for each run.
struct Collision {
  std::unique_ptr<ScriptedOperation> first;
  std::unique_ptr<ScriptedOperation> second;
};

Collision two_buyers_of_tea() {
  return {std::make_unique<Purchase>(1, kAda, std::vector<Purchase::Line>{{kTea, 1}}),
          std::make_unique<Purchase>(2, kBob, std::vector<Purchase::Line>{{kTea, 1}})};
}
Collision one_user_asks_twice_for_a_coupon() {
  return {std::make_unique<Issue>(1, kAda, kPlenty), std::make_unique<Issue>(2, kAda, kPlenty)};
}
Collision two_users_ask_for_the_last_coupon() {
  return {std::make_unique<Issue>(1, kAda, kRare), std::make_unique<Issue>(2, kBob, kRare)};
}
Collision one_user_buys_two_things_and_can_pay_for_one() {
  return {std::make_unique<Purchase>(1, kAda, std::vector<Purchase::Line>{{kTea, 1}}),
          std::make_unique<Purchase>(2, kAda, std::vector<Purchase::Line>{{kCoffee, 1}})};
}
Collision one_user_uses_a_coupon_for_two_orders() {
  return {std::make_unique<Purchase>(1, kAda, std::vector<Purchase::Line>{{kTea, 1}}, kHeld),
          std::make_unique<Purchase>(2, kAda, std::vector<Purchase::Line>{{kCoffee, 1}}, kHeld)};
}
Collision one_user_deposits_twice() {
  return {std::make_unique<Deposit>(1, kAda, Money{7}),
          std::make_unique<Deposit>(2, kAda, Money{5})};
}

class ForcedInterleaving : public SaleTest {
 protected:
  // Runs the collision on a fresh sale.
  Interleaved collide(const Collision& collision, const Seed& seed = small_sale()) {
    open(seed);
    auto result = interleave(*strategy_, *store_, *collision.first, *collision.second);
    EXPECT_FALSE(result.hung) << "the second operation waited beyond its deadline";
    EXPECT_TRUE(result.first) << result.first.error().message;
    EXPECT_TRUE(result.second) << result.second.error().message;
    return result;
  }

  // Both commit, and the books show both.
  void expect_both(Collision (*make)()) {
    for (int i = 0; i < kRunsProtected; ++i) {
      const auto result = collide(make());
      EXPECT_EQ(result.first, kCommitted);
      EXPECT_EQ(result.second, kCommitted);
      EXPECT_EQ(contradictions_after(2), "");
    }
  }

  // One commits, whichever it is; the other is refused, and the books show one.
  void expect_one(Collision (*make)(), RefusalCode refusal, const Seed& seed = small_sale()) {
    for (int i = 0; i < kRunsProtected; ++i) {
      const auto result = collide(make(), seed);
      EXPECT_THAT(std::vector({*result.first, *result.second}),
                  testing::UnorderedElementsAre(kCommitted, Outcome::refuse(refusal)));
      EXPECT_EQ(contradictions_after(1), "");
    }
  }
};

TEST_P(ForcedInterleaving, NoUpdateOfTheStockIsLost) { expect_both(two_buyers_of_tea); }

TEST_P(ForcedInterleaving, NoUpdateOfABalanceIsLost) { expect_both(one_user_deposits_twice); }

TEST_P(ForcedInterleaving, AUserGetsACouponOnce) {
  expect_one(one_user_asks_twice_for_a_coupon, RefusalCode::kCouponAlreadyIssued);
}

TEST_P(ForcedInterleaving, NoMoreCouponsAreIssuedThanThereAre) {
  expect_one(two_users_ask_for_the_last_coupon, RefusalCode::kCouponSoldOut);
}

TEST_P(ForcedInterleaving, OrdersThatTheBalanceAllowsOnlyAloneAreNotBothPlaced) {
  expect_one(one_user_buys_two_things_and_can_pay_for_one, RefusalCode::kInsufficientBalance);
}

TEST_P(ForcedInterleaving, ACouponIsUsedOnce) {
  expect_one(one_user_uses_a_coupon_for_two_orders, RefusalCode::kCouponNotUsable,
             small_sale(10, 1000));
}

TEST_P(ForcedInterleaving, AnOperationThatWasRetriedIsAnnouncedOnce) {
  for (int i = 0; i < kRunsProtected; ++i) {
    const auto collision = two_buyers_of_tea();
    const auto result = collide(collision);
    const auto runs = collision.first->work_runs();
    EXPECT_EQ(collision.first->guarded_runs(), 1) << "in " << runs << " runs of the work";
    EXPECT_EQ(books().outbox.size(), 2U) << "in " << runs << " runs of the work";
  }
}

// The lock must cover the commit: an operation let in between a work and its commit reads what is
// about to be changed.
TEST_P(ForcedInterleaving, NoOperationGetsBetweenAWorkAndItsCommit) {
  for (int i = 0; i < kRunsProtected; ++i) {
    open(small_sale(10, 1000));
    Purchase first(1, kAda, {{kTea, 1}});
    Purchase second(2, kAda, {{kCoffee, 1}});
    Intruder intruder(*strategy_, *store_, second);
    GatedStore gated(*store_);
    gated.set_before_commit([&] { intruder.get_in(); });
    EXPECT_EQ(run(*strategy_, gated, first).outcome, kCommitted);
    EXPECT_EQ(intruder.finish(), kCommitted);
    EXPECT_FALSE(intruder.hung());
    EXPECT_EQ(contradictions_after(2), "");
    if (intruder.kept_out()) {
      EXPECT_EQ(second.balance_seen(), Money{1000 - 60});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, ForcedInterleaving,
                         testing::ValuesIn(pairings_of(kCorrectStrategies)), name_of);

// The suite is worth something only if the baseline breaks it, in exactly the way that was forced.
class Unprotected : public ForcedInterleaving {
 protected:
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

INSTANTIATE_TEST_SUITE_P(Baseline, Unprotected, testing::ValuesIn(pairings_of(kBaseline)), name_of);

}  // namespace
}  // namespace stampede::test
