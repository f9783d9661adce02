// What a transaction is told at commit when another one came between its reads and its writes. The
// other one runs inside the first one's work, so the race happens every time.

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_race.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

// Everybody buys `quantity` of product 1.
Result<Outcome> race_for_stock(StoreTrial& trial, WriteForm form, std::int64_t quantity) {
  auto race = race_in(trial, form);
  return race.run(
      [&](Transaction& t) {
        const auto seen = **t.product(ProductId{1});
        race.let_the_rival_commit();
        CHECK_TRUE(*t.take_stock(seen, quantity));
        CHECK_TRUE(t.add_order(make_order(1)));
      },
      [&](Transaction& t) {
        CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), quantity));
        CHECK_TRUE(t.add_order(make_order(2)));
      });
}

Result<Outcome> race_for_grant(StoreTrial& trial, WriteForm form) {
  const auto grant = [&](Transaction& t) {
    CHECK_TRUE(*t.claim_coupon(**t.coupon(CouponId{1})));
    CHECK_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
  };
  TransactionOptions options;
  options.user = form;
  Race race(trial, options);
  return race.run(
      [&](Transaction& t) {
        CHECK_EQ(*t.user_coupon(UserId{1}, CouponId{1}), std::nullopt);
        race.let_the_rival_commit();
        grant(t);
      },
      grant);
}

Result<Outcome> race_for_use(StoreTrial& trial, WriteForm form) {
  auto race = race_in(trial, form);
  return race.run(
      [&](Transaction& t) {
        const auto seen = **t.user_coupon(UserId{1}, CouponId{2});
        race.let_the_rival_commit();
        CHECK_TRUE(*t.use_coupon(seen, order_id(1)));
      },
      [&](Transaction& t) {
        CHECK_TRUE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{2}), order_id(2)));
      });
}

void the_atomic_form_sells_the_rest_and_refuses_the_last(StoreTrial& trial) {
  trial.seed();
  CHECK_TRUE(race_for_stock(trial, WriteForm::kAtomic, 5)->committed());
  CHECK_EQ(trial.stock(1), 0);
}

void the_atomic_form_refuses_what_the_rival_took(StoreTrial& trial) {
  trial.seed();
  CHECK_EQ(race_for_stock(trial, WriteForm::kAtomic, 6)->refusal, RefusalCode::kInsufficientStock);
  CHECK_EQ(trial.stock(1), 4);
  CHECK_EQ(*trial.view()->order(order_id(1)), std::nullopt);
}

void the_read_then_write_form_loses_the_rivals_update(StoreTrial& trial) {
  trial.seed();
  CHECK_TRUE(race_for_stock(trial, WriteForm::kReadThenWrite, 6)->committed());
  CHECK_EQ(trial.stock(1), 4);  // 12 of 10 were sold: the documented incident.
}

void the_versioned_form_conflicts_whatever_is_left(StoreTrial& trial) {
  trial.seed();
  const auto outcome = race_for_stock(trial, WriteForm::kVersioned, 1);
  REQUIRE_FALSE(outcome);
  CHECK_EQ(outcome.error().code, ErrorCode::kConflict);
  CHECK_EQ(trial.stock(1), 9);
  CHECK_EQ(*trial.view()->order(order_id(1)), std::nullopt);
}

void a_balance_is_refused_at_commit(StoreTrial& trial) {
  trial.seed();
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        const auto seen = **t.wallet(UserId{1});
        race.let_the_rival_commit();
        CHECK_TRUE(*t.debit(seen, Money{600}));
      },
      [&](Transaction& t) { CHECK_TRUE(*t.debit(**t.wallet(UserId{1}), Money{600})); });
  CHECK_EQ(outcome->refusal, RefusalCode::kInsufficientBalance);
  CHECK_EQ(trial.balance(1), 400);
}

void a_credit_never_loses_a_rivals_debit_in_the_atomic_form(StoreTrial& trial) {
  trial.seed();
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        const auto seen = **t.wallet(UserId{1});
        race.let_the_rival_commit();
        CHECK_TRUE(t.credit(seen, Money{50}));
      },
      [&](Transaction& t) { CHECK_TRUE(*t.debit(**t.wallet(UserId{1}), Money{600})); });
  CHECK_TRUE(outcome->committed());
  CHECK_EQ(trial.balance(1), 450);
}

void the_last_coupon_is_refused_at_commit(StoreTrial& trial) {
  trial.seed();
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        const auto seen = **t.coupon(CouponId{3});  // One in all.
        race.let_the_rival_commit();
        CHECK_TRUE(*t.claim_coupon(seen));
        CHECK_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{3})));
      },
      [&](Transaction& t) {
        CHECK_TRUE(*t.claim_coupon(**t.coupon(CouponId{3})));
        CHECK_TRUE(t.grant_coupon(make_grant(UserId{2}, CouponId{3})));
      });
  CHECK_EQ(outcome->refusal, RefusalCode::kCouponSoldOut);
  CHECK_EQ(trial.issued(3), 1);
}

void a_second_grant_is_refused_only_by_the_atomic_form(StoreTrial& trial) {
  trial.seed();
  CHECK_EQ(race_for_grant(trial, WriteForm::kAtomic)->refusal, RefusalCode::kCouponAlreadyIssued);
  CHECK_EQ(trial.issued(1), 1);  // The claim that came with the refused grant was undone.
  CHECK_EQ(trial.view()->coupons_of(UserId{1})->size(), 2U);
}

void a_second_grant_conflicts_in_the_versioned_form(StoreTrial& trial) {
  trial.seed();
  CHECK_EQ(race_for_grant(trial, WriteForm::kVersioned).error().code, ErrorCode::kConflict);
  CHECK_EQ(trial.issued(1), 1);
}

// False where a unique index refuses doubles whatever the form.
bool grant_twice(StoreTrial& trial) {
  const auto outcome = race_for_grant(trial, WriteForm::kReadThenWrite);
  if (outcome && outcome->refusal == RefusalCode::kCouponAlreadyIssued) {
    return trial.applies(false, "the store keeps granted coupons unique");
  }
  CHECK_TRUE(outcome && outcome->committed());
  return true;
}

void a_second_grant_is_inserted_blindly_by_the_read_then_write_form(StoreTrial& trial) {
  trial.start_without_unique_index();
  trial.seed();
  if (!grant_twice(trial)) return;
  CHECK_EQ(trial.view()->coupons_of(UserId{1})->size(), 3U);
  const auto both = *trial.view()->user_coupons_after(CouponId{0}, UserId{0}, 1);
  REQUIRE_EQ(both.size(), 2U);  // Doubles stay together, whatever the page's size.
  CHECK_EQ(both[0].coupon, CouponId{1});
  CHECK_EQ(both[1].coupon, CouponId{1});
}

void using_one_of_two_doubles_leaves_the_other(StoreTrial& trial) {
  trial.start_without_unique_index();
  trial.seed();
  if (!grant_twice(trial)) return;
  for (const auto form : {WriteForm::kAtomic, WriteForm::kVersioned}) {
    trial.commit(TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
      CHECK_TRUE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{1}), order_id(1)));
      return Outcome::commit();
    });
  }
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_FALSE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{1}), order_id(1)));
    return Outcome::commit();
  });
}

void a_coupon_is_used_once_in_the_safe_forms(StoreTrial& trial) {
  trial.seed();
  CHECK_EQ(race_for_use(trial, WriteForm::kAtomic)->refusal, RefusalCode::kCouponNotUsable);
  CHECK_EQ(trial.view()->coupons_of(UserId{1})->front().used_by, order_id(2));
}

void a_used_coupon_conflicts_in_the_versioned_form(StoreTrial& trial) {
  trial.seed();
  CHECK_EQ(race_for_use(trial, WriteForm::kVersioned).error().code, ErrorCode::kConflict);
  CHECK_EQ(trial.view()->coupons_of(UserId{1})->front().used_by, order_id(2));
}

void a_coupon_is_used_twice_in_the_read_then_write_form(StoreTrial& trial) {
  trial.seed();
  CHECK_TRUE(race_for_use(trial, WriteForm::kReadThenWrite)->committed());
  CHECK_EQ(trial.view()->coupons_of(UserId{1})->front().used_by, order_id(1));
}

void a_request_that_races_itself_is_in_progress_not_sold_out(StoreTrial& trial) {
  trial.seed();
  const auto buy_the_rest = [&](Transaction& t, const Product& seen) {
    CHECK_TRUE(*t.take_stock(seen, 10));
    CHECK_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
  };
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        CHECK_EQ(*t.request("key"), std::nullopt);
        const auto seen = **t.product(ProductId{1});
        race.let_the_rival_commit();
        buy_the_rest(t, seen);
      },
      [&](Transaction& t) { buy_the_rest(t, **t.product(ProductId{1})); });
  CHECK_EQ(outcome->refusal, RefusalCode::kRequestInProgress);
  CHECK_EQ(trial.stock(1), 0);
}

void a_key_that_the_refused_set_recorded_itself_is_not_in_progress(StoreTrial& trial) {
  trial.seed();
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        const auto seen = **t.product(ProductId{1});
        race.let_the_rival_commit();
        CHECK_TRUE(t.record_request({"mine", 1, RequestRecord::Kind::kOrder, ""}));
        CHECK_TRUE(*t.take_stock(seen, 6));
      },
      [&](Transaction& t) { CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 6)); });
  CHECK_EQ(outcome->refusal, RefusalCode::kInsufficientStock);
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_EQ(*t.request("mine"), std::nullopt);
    return Outcome::commit();
  });
}

void a_set_that_fails_on_a_later_command_changes_nothing(StoreTrial& trial) {
  trial.seed();
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        const auto seen = **t.product(ProductId{1});
        const auto wallet = **t.wallet(UserId{1});
        race.let_the_rival_commit();
        CHECK_TRUE(*t.take_stock(seen, 1));
        CHECK_TRUE(*t.debit(wallet, Money{600}));
        CHECK_TRUE(t.emit({"mine", "TOPIC", "1", "{}", ""}));
      },
      [&](Transaction& t) { CHECK_TRUE(*t.debit(**t.wallet(UserId{1}), Money{600})); });
  CHECK_EQ(outcome->refusal, RefusalCode::kInsufficientBalance);
  CHECK_EQ(trial.stock(1), 10);
  CHECK_EQ(trial.balance(1), 400);
  CHECK_TRUE(trial.view()->outbox_after(0, 10)->empty());
}

constexpr Check kChecks[] = {
    {"TheAtomicFormSellsTheRestAndRefusesTheLast",
     on_trial<the_atomic_form_sells_the_rest_and_refuses_the_last>},
    {"TheAtomicFormRefusesWhatTheRivalTook", on_trial<the_atomic_form_refuses_what_the_rival_took>},
    {"TheReadThenWriteFormLosesTheRivalsUpdate",
     on_trial<the_read_then_write_form_loses_the_rivals_update>},
    {"TheVersionedFormConflictsWhateverIsLeft",
     on_trial<the_versioned_form_conflicts_whatever_is_left>},
    {"ABalanceIsRefusedAtCommit", on_trial<a_balance_is_refused_at_commit>},
    {"ACreditNeverLosesARivalsDebitInTheAtomicForm",
     on_trial<a_credit_never_loses_a_rivals_debit_in_the_atomic_form>},
    {"TheLastCouponIsRefusedAtCommit", on_trial<the_last_coupon_is_refused_at_commit>},
    {"ASecondGrantIsRefusedOnlyByTheAtomicForm",
     on_trial<a_second_grant_is_refused_only_by_the_atomic_form>},
    {"ASecondGrantConflictsInTheVersionedForm",
     on_trial<a_second_grant_conflicts_in_the_versioned_form>},
    {"ASecondGrantIsInsertedBlindlyByTheReadThenWriteForm",
     on_trial<a_second_grant_is_inserted_blindly_by_the_read_then_write_form>},
    {"UsingOneOfTwoDoublesLeavesTheOther", on_trial<using_one_of_two_doubles_leaves_the_other>},
    {"ACouponIsUsedOnceInTheSafeForms", on_trial<a_coupon_is_used_once_in_the_safe_forms>},
    {"AUsedCouponConflictsInTheVersionedForm",
     on_trial<a_used_coupon_conflicts_in_the_versioned_form>},
    {"ACouponIsUsedTwiceInTheReadThenWriteForm",
     on_trial<a_coupon_is_used_twice_in_the_read_then_write_form>},
    {"ARequestThatRacesItselfIsInProgressNotSoldOut",
     on_trial<a_request_that_races_itself_is_in_progress_not_sold_out>},
    {"AKeyThatTheRefusedSetRecordedItselfIsNotInProgress",
     on_trial<a_key_that_the_refused_set_recorded_itself_is_not_in_progress>},
    {"ASetThatFailsOnALaterCommandChangesNothing",
     on_trial<a_set_that_fails_on_a_later_command_changes_nothing>},
};

}  // namespace

std::span<const Check> store_race_checks() { return kChecks; }

}  // namespace stampede::check
