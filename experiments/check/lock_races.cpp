#include <utility>

#include "experiments/check/lock_sale.hpp"

namespace stampede::check {
namespace {

constexpr int kRuns = 3;
const Outcome kCommitted = Outcome::commit();

// What a collision left behind; empty unless the race came about.
void expect_ended(const Interleaved& result, Findings& findings) {
  findings.expect(!result.hung, "the second operation waited beyond its deadline");
  findings.expect(result.first.has_value(), "the first: " + show(result.first));
  findings.expect(result.second.has_value(), "the second: " + show(result.second));
}

// Both commit, and the books show both.
Findings both_commit(const Subject& subject, Collision (*make)()) {
  Findings findings;
  for (int i = 0; i < kRuns && findings.text().empty(); ++i) {
    Sale sale(subject, small_sale());
    const auto [first, second] = make();
    const auto result = interleave(*sale.strategy, *sale.store, *first, *second);
    expect_ended(result, findings);
    findings.expect_committed(result.first, "the first");
    findings.expect_committed(result.second, "the second");
    findings.add(sale.contradictions_after(2));
  }
  return findings;
}

// One commits, whichever it is; the other is refused, and the books show one.
Findings one_commits(const Subject& subject, Collision (*make)(), RefusalCode refusal,
                     const Seed& seed = small_sale()) {
  Findings findings;
  const auto refused = Outcome::refuse(refusal);
  for (int i = 0; i < kRuns && findings.text().empty(); ++i) {
    Sale sale(subject, seed);
    const auto [first, second] = make();
    const auto result = interleave(*sale.strategy, *sale.store, *first, *second);
    expect_ended(result, findings);
    const bool as_expected = (result.first == kCommitted && result.second == refused) ||
                             (result.first == refused && result.second == kCommitted);
    findings.expect(as_expected, "one should have committed and the other been refused, " +
                                     show(refusal) + "; the first was " + show(result.first) +
                                     ", the second " + show(result.second));
    findings.add(sale.contradictions_after(1));
  }
  return findings;
}

Findings no_update_of_the_stock_is_lost(const Subject& subject) {
  return both_commit(subject, two_buyers_of_tea);
}

Findings no_update_of_a_balance_is_lost(const Subject& subject) {
  return both_commit(subject, one_user_deposits_twice);
}

Findings the_last_unit_is_sold_once(const Subject& subject) {
  return one_commits(subject, two_buyers_of_tea, RefusalCode::kInsufficientStock, small_sale(1));
}

Findings a_user_gets_a_coupon_once(const Subject& subject) {
  return one_commits(subject, one_user_asks_twice_for_a_coupon, RefusalCode::kCouponAlreadyIssued);
}

Findings no_more_coupons_are_issued_than_there_are(const Subject& subject) {
  return one_commits(subject, two_users_ask_for_the_last_coupon, RefusalCode::kCouponSoldOut);
}

// Write skew: each order alone is covered by the balance, both together are not.
Findings orders_that_the_balance_allows_only_alone_are_not_both_placed(const Subject& subject) {
  return one_commits(subject, one_user_buys_two_things_and_can_pay_for_one,
                     RefusalCode::kInsufficientBalance);
}

Findings a_coupon_is_used_once(const Subject& subject) {
  return one_commits(subject, one_user_uses_a_coupon_for_two_orders, RefusalCode::kCouponNotUsable,
                     small_sale(10, 1000));
}

Findings an_operation_that_was_retried_is_announced_once(const Subject& subject) {
  Findings findings;
  for (int i = 0; i < kRuns && findings.text().empty(); ++i) {
    Sale sale(subject, small_sale());
    const auto [first, second] = two_buyers_of_tea();
    const auto result = interleave(*sale.strategy, *sale.store, *first, *second);
    expect_ended(result, findings);
    const auto runs = " in " + std::to_string(first->work_runs()) + " runs of the work";
    findings.expect(first->guarded_runs() == 1,
                    "guarded() ran " + std::to_string(first->guarded_runs()) + " times" + runs);
    const auto announced = Books::of(*sale.store).outbox.size();
    findings.expect(announced == 2, std::to_string(announced) + " events of two orders" + runs);
  }
  return findings;
}

// Both users of an operation are protected, whichever comes first in its scope.
Findings no_update_of_a_second_users_balance_is_lost(const Subject& subject) {
  Findings findings;
  for (const auto& [from, to] : {std::pair(kAda, kBob), std::pair(kBob, kAda)}) {
    for (const auto third : {kAda, kBob}) {
      Sale sale(subject, small_sale());
      Transfer transfer(1, from, to, Money{10});
      Deposit deposit(2, third, Money{7});
      const auto result = interleave(*sale.strategy, *sale.store, transfer, deposit);
      expect_ended(result, findings);
      const auto books = Books::of(*sale.store);
      const auto left = std::to_string(books.balance(kAda).minor) + " and " +
                        std::to_string(books.balance(kBob).minor);
      const auto expected = [&](UserId user) {
        return sale.before.balance(user) + (user == from ? Money{-10} : Money{10}) +
               (user == third ? Money{7} : Money{0});
      };
      findings.expect(
          books.balance(kAda) == expected(kAda) && books.balance(kBob) == expected(kBob),
          "10 went from user " + std::to_string(value_of(from)) + " to user " +
              std::to_string(value_of(to)) + " and 7 to user " + std::to_string(value_of(third)) +
              "; their balances are now " + left);
    }
  }
  return findings;
}

// The second comes while the first has asked for its commit, and reads what is about to change.
Findings nobody_gets_between_a_work_and_its_commit(const Subject& subject) {
  Sale sale(subject);
  Purchase first(1, kAda, {{kTea, 1}});
  Purchase second(2, kAda, {{kCoffee, 1}});
  Intruder intruder(*sale.strategy, *sale.store, second, subject.patience);
  GatedStore gated(*sale.store);
  gated.set_before_commit([&] { intruder.get_in(); });
  Findings findings;
  findings.expect_committed(run(*sale.strategy, gated, first).outcome, "the first");
  findings.expect_committed(intruder.finish(), "the second");
  findings.expect(!intruder.hung(), "the second waited beyond its deadline");
  findings.add(sale.contradictions_after(2));
  findings.expect(!intruder.kept_out() || second.balance_seen() == Money{1000 - 60},
                  "the second was kept out, and still did not see what the first had committed");
  return findings;
}

constexpr Check kChecks[] = {
    {"NoUpdateOfTheStockIsLost", no_update_of_the_stock_is_lost},
    {"NoUpdateOfABalanceIsLost", no_update_of_a_balance_is_lost},
    {"NoUpdateOfASecondUsersBalanceIsLost", no_update_of_a_second_users_balance_is_lost},
    {"TheLastUnitIsSoldOnce", the_last_unit_is_sold_once},
    {"AUserGetsACouponOnce", a_user_gets_a_coupon_once},
    {"NoMoreCouponsAreIssuedThanThereAre", no_more_coupons_are_issued_than_there_are},
    {"OrdersThatTheBalanceAllowsOnlyAloneAreNotBothPlaced",
     orders_that_the_balance_allows_only_alone_are_not_both_placed},
    {"ACouponIsUsedOnce", a_coupon_is_used_once},
    {"AnOperationThatWasRetriedIsAnnouncedOnce", an_operation_that_was_retried_is_announced_once},
    {"NobodyGetsBetweenAWorkAndItsCommit", nobody_gets_between_a_work_and_its_commit},
};

}  // namespace

std::span<const Check> race_checks() { return kChecks; }

}  // namespace stampede::check
