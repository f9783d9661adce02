#include <vector>

#include "experiments/check/lock_sale.hpp"

namespace stampede::check {

namespace {

using Lines = std::vector<Purchase::Line>;

// A collision is tried at two points of the first operation: what a strategy locks may be locked
// from guarded() on, or by the transaction.
bool keeps_out(const Subject& subject, Collision (*make)(), bool in_guarded, bool& in_the_store) {
  Sale sale(subject);
  const auto [first, second] = make();
  Intruder intruder(*sale.strategy, *sale.store, *second, subject.patience);
  if (in_guarded) {
    first->in_guarded = [&]() -> Result<Outcome> {
      intruder.get_in();
      return Outcome::commit();
    };
  } else {
    first->between = [&](int run) {
      if (run == 1) intruder.get_in();
    };
  }
  const auto ignored = run(*sale.strategy, *sale.store, *first).outcome;
  static_cast<void>(ignored);
  const auto also_ignored = intruder.finish();
  static_cast<void>(also_ignored);
  const auto* const store = watched(*sale.store);
  in_the_store = in_the_store || (store != nullptr && store->was_asked_for_locks());
  return intruder.kept_out();
}

bool keeps_out(const Subject& subject, Collision (*make)(), Locks& locks) {
  return keeps_out(subject, make, true, locks.in_the_store) ||
         keeps_out(subject, make, false, locks.in_the_store);
}

}  // namespace

Collision two_buyers_of_tea() {
  return {std::make_unique<Purchase>(1, kAda, Lines{{kTea, 1}}),
          std::make_unique<Purchase>(2, kBob, Lines{{kTea, 1}})};
}
Collision one_user_asks_twice_for_a_coupon() {
  return {std::make_unique<Issue>(1, kAda, kPlenty), std::make_unique<Issue>(2, kAda, kPlenty)};
}
Collision two_users_ask_for_the_last_coupon() {
  return {std::make_unique<Issue>(1, kAda, kRare), std::make_unique<Issue>(2, kBob, kRare)};
}
Collision two_users_ask_for_a_coupon() {
  return {std::make_unique<Issue>(1, kAda, kPlenty), std::make_unique<Issue>(2, kBob, kPlenty)};
}
Collision one_user_buys_two_things_and_can_pay_for_one() {
  return {std::make_unique<Purchase>(1, kAda, Lines{{kTea, 1}}),
          std::make_unique<Purchase>(2, kAda, Lines{{kCoffee, 1}})};
}
Collision one_user_uses_a_coupon_for_two_orders() {
  return {std::make_unique<Purchase>(1, kAda, Lines{{kTea, 1}}, kHeld),
          std::make_unique<Purchase>(2, kAda, Lines{{kCoffee, 1}}, kHeld)};
}
Collision one_user_deposits_twice() {
  return {std::make_unique<Deposit>(1, kAda, Money{7}),
          std::make_unique<Deposit>(2, kAda, Money{5})};
}

Locks find_locks(const Subject& subject) {
  Locks locks;
  locks.users = keeps_out(subject, one_user_deposits_twice, locks);
  locks.products = keeps_out(subject, two_buyers_of_tea, locks);
  locks.coupons = keeps_out(subject, two_users_ask_for_a_coupon, locks);
  return locks;
}

std::vector<Collision (*)()> collisions_of(const Locks& locks) {
  std::vector<Collision (*)()> collisions;
  if (locks.users) collisions.push_back(one_user_deposits_twice);
  if (locks.products) collisions.push_back(two_buyers_of_tea);
  if (locks.coupons) collisions.push_back(two_users_ask_for_a_coupon);
  return collisions;
}

}  // namespace stampede::check
