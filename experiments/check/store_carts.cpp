// What an order from a cart takes out of it when the cart changed after it was read. The change is
// committed inside the order's work, so the race happens every time.

#include <functional>
#include <vector>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

using Rival = std::function<void(StoreTrial&, Transaction&)>;

// Reads the cart of user 1, lets `rival` commit, then clears what it read.
Result<Outcome> order_cart(StoreTrial& trial, WriteForm form, const Rival& rival) {
  const auto options = TransactionOptions::all(form);
  return trial.run(options, [&](Transaction& mine) -> Result<Outcome> {
    const auto seen = *mine.cart(UserId{1});
    trial.commit(options, [&](Transaction& other) -> Result<Outcome> {
      rival(trial, other);
      return Outcome::commit();
    });
    CHECK_TRUE(mine.clear_cart(UserId{1}, seen));
    CHECK_TRUE(mine.cart(UserId{1})->empty());
    CHECK_TRUE(mine.add_order(make_order(1)));
    return Outcome::commit();
  });
}

std::vector<CartLine> cart(StoreTrial& trial) { return *trial.view()->cart(UserId{1}); }

void clear_all(StoreTrial& trial, Transaction& rival) {
  CHECK_TRUE(rival.clear_cart(UserId{1}, *rival.cart(UserId{1})));
}

void the_atomic_form_orders_a_cart_only_once(StoreTrial& trial) {
  trial.seed();
  const auto outcome = order_cart(trial, WriteForm::kAtomic, clear_all);
  REQUIRE_TRUE(outcome);
  CHECK_EQ(outcome->refusal, RefusalCode::kCartEmpty);
  CHECK_EQ(*trial.view()->order(order_id(1)), std::nullopt);
}

void the_versioned_form_conflicts_over_a_cart_that_is_gone(StoreTrial& trial) {
  trial.seed();
  const auto outcome = order_cart(trial, WriteForm::kVersioned, clear_all);
  REQUIRE_FALSE(outcome);
  CHECK_EQ(outcome.error().code, ErrorCode::kConflict);
  CHECK_EQ(*trial.view()->order(order_id(1)), std::nullopt);
}

void the_read_then_write_form_orders_the_same_cart_again(StoreTrial& trial) {
  trial.seed();
  CHECK_TRUE(order_cart(trial, WriteForm::kReadThenWrite, clear_all)->committed());
}

void keeps_what_was_added_after_the_cart_was_read(StoreTrial& trial) {
  trial.seed();
  const auto before = cart(trial);
  REQUIRE_FALSE(before.empty());
  const auto first = before.front().product;
  const auto outcome = order_cart(trial, WriteForm::kAtomic, [&](StoreTrial&, Transaction& rival) {
    CHECK_TRUE(rival.add_to_cart(UserId{1}, first, 2));         // More of a line that was read.
    CHECK_TRUE(rival.add_to_cart(UserId{1}, ProductId{9}, 4));  // A line that was not.
  });
  REQUIRE_TRUE(outcome);
  CHECK_TRUE(outcome->committed());
  const auto after = cart(trial);
  REQUIRE_EQ(after.size(), 2U);
  CHECK_EQ(after[0].product, first);
  CHECK_EQ(after[0].quantity, 2);
  CHECK_EQ(after[1].product, ProductId{9});
  CHECK_EQ(after[1].quantity, 4);
}

void refuses_to_fill_and_clear_a_cart_in_one_transaction(StoreTrial& trial) {
  trial.seed();
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.add_to_cart(UserId{1}, ProductId{9}, 1));
    const auto cleared = t.clear_cart(UserId{1}, *t.cart(UserId{1}));
    CHECK_FALSE(cleared);
    if (!cleared) CHECK_EQ(cleared.error().code, ErrorCode::kInvalid);
    return Outcome::commit();
  });
}

constexpr Check kChecks[] = {
    {"TheAtomicFormOrdersACartOnlyOnce", on_trial<the_atomic_form_orders_a_cart_only_once>},
    {"TheVersionedFormConflictsOverACartThatIsGone",
     on_trial<the_versioned_form_conflicts_over_a_cart_that_is_gone>},
    {"TheReadThenWriteFormOrdersTheSameCartAgain",
     on_trial<the_read_then_write_form_orders_the_same_cart_again>},
    {"KeepsWhatWasAddedAfterTheCartWasRead",
     on_trial<keeps_what_was_added_after_the_cart_was_read>},
    {"RefusesToFillAndClearACartInOneTransaction",
     on_trial<refuses_to_fill_and_clear_a_cart_in_one_transaction>},
};

}  // namespace

std::span<const Check> store_cart_checks() { return kChecks; }

}  // namespace stampede::check
