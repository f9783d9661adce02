// The verbs of a transaction, one caller at a time.

#include <limits>
#include <tuple>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

// Every combination that the store does not support, it refuses to run.
void refuses_forms_that_it_does_not_support(StoreTrial& trial) {
  constexpr WriteForm kAll[] = {WriteForm::kAtomic, WriteForm::kReadThenWrite,
                                WriteForm::kVersioned, WriteForm::kLockedRead};
  for (const auto user : kAll) {
    for (const auto product : kAll) {
      const TransactionOptions options{.user = user, .product = product};
      if (trial.store().supports(options)) continue;
      const auto outcome = trial.run(options, [&](Transaction&) { return Outcome::commit(); });
      CHECK_TRUE(!outcome && outcome.error().code == ErrorCode::kInvalid);
    }
  }
  CHECK_TRUE(trial.store().supports({}));
}

void answers_nothing_for_rows_that_do_not_exist(StoreTrial& trial) {
  trial.seed();
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_EQ(*t.product(ProductId{11}), std::nullopt);
    CHECK_EQ(*t.product(ProductId{0}), std::nullopt);
    CHECK_EQ(*t.product(ProductId{-1}), std::nullopt);
    CHECK_EQ(*t.wallet(UserId{21}), std::nullopt);
    CHECK_EQ(*t.coupon(CouponId{4}), std::nullopt);
    CHECK_EQ(*t.user_coupon(UserId{1}, CouponId{1}), std::nullopt);
    CHECK_EQ(*t.order(order_id(1)), std::nullopt);
    CHECK_EQ(*t.charge("no"), std::nullopt);
    CHECK_EQ(*t.request("no"), std::nullopt);
    CHECK_TRUE(t.cart(UserId{21})->empty());
    return Outcome::commit();
  });
}

void writes_every_counter_in_every_form(StoreTrial& trial) {
  for (const auto form : trial.forms()) {
    trial.start_again();
    trial.seed();
    const auto before = std::tuple(trial.stock(1), trial.balance(1), trial.issued(1));
    trial.commit(TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
      CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 2));
      CHECK_TRUE(*t.debit(**t.wallet(UserId{1}), Money{300}));
      CHECK_TRUE(t.credit(**t.wallet(UserId{1}), Money{100}));
      CHECK_TRUE(*t.claim_coupon(**t.coupon(CouponId{1})));
      return Outcome::commit();
    });
    CHECK_EQ(trial.stock(1), std::get<0>(before) - 2);
    CHECK_EQ(trial.balance(1), std::get<1>(before) - 200);
    CHECK_EQ(trial.issued(1), std::get<2>(before) + 1);
  }
}

void raises_the_version_of_a_row_once_per_transaction(StoreTrial& trial) {
  trial.seed();
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    return Outcome::commit();
  });
  CHECK_EQ((*trial.view()->product(ProductId{1}))->version, 1);
  CHECK_EQ((*trial.view()->product(ProductId{2}))->version, 0);
}

void counts_two_takes_of_one_reading(StoreTrial& trial) {
  trial.seed();
  for (const auto form : trial.forms()) {
    const auto before = trial.stock(1);
    trial.commit(TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
      const auto seen = **t.product(ProductId{1});
      CHECK_TRUE(*t.take_stock(seen, 1));
      CHECK_TRUE(*t.take_stock(seen, 1));
      CHECK_EQ((*t.product(ProductId{1}))->stock, seen.stock - 2);
      CHECK_FALSE(*t.take_stock(seen, seen.stock - 1));
      return Outcome::commit();
    });
    CHECK_EQ(trial.stock(1), before - 2);
  }
}

void says_no_without_recording_when_the_read_already_tells(StoreTrial& trial) {
  trial.seed();
  for (const auto form : trial.forms()) {
    trial.commit(TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
      CHECK_FALSE(*t.take_stock(**t.product(ProductId{1}), 11));
      CHECK_FALSE(*t.debit(**t.wallet(UserId{1}), Money{1001}));
      auto used_up = **t.coupon(CouponId{1});
      used_up.issued = used_up.total;
      CHECK_FALSE(*t.claim_coupon(used_up));
      auto used = **t.user_coupon(UserId{1}, CouponId{2});
      used.status = UserCoupon::Status::kUsed;
      CHECK_FALSE(*t.use_coupon(used, order_id(1)));
      return Outcome::commit();
    });
  }
  CHECK_EQ(trial.stock(1), 10);
  CHECK_EQ(trial.balance(1), 1000);
  CHECK_EQ(trial.issued(1), 0);
}

void refuses_amounts_that_make_no_sense(StoreTrial& trial) {
  trial.seed();
  const auto most = std::numeric_limits<std::int64_t>::max();
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    const auto product = **t.product(ProductId{1});
    const auto wallet = **t.wallet(UserId{1});
    CHECK_EQ(t.take_stock(product, 0).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.take_stock(product, -1).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.debit(wallet, Money{-1}).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.credit(wallet, Money{0}).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.credit(wallet, Money{most}).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.add_to_cart(UserId{1}, ProductId{1}, 0).error().code, ErrorCode::kInvalid);
    return Outcome::commit();
  });
  CHECK_EQ(trial.balance(1), 1000);
}

void shows_a_transaction_its_own_writes(StoreTrial& trial) {
  trial.seed();
  const auto order = make_order(1);
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.claim_coupon(**t.coupon(CouponId{1})));
    CHECK_EQ((*t.coupon(CouponId{1}))->issued, 1);
    CHECK_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    CHECK_EQ((*t.user_coupon(UserId{1}, CouponId{1}))->status, UserCoupon::Status::kIssued);
    CHECK_TRUE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{2}), order.id));
    CHECK_EQ((*t.user_coupon(UserId{1}, CouponId{2}))->used_by, order.id);
    CHECK_FALSE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{2}), order.id));
    CHECK_TRUE(t.add_order(order));
    CHECK_EQ((*t.order(order.id))->items.size(), 2U);
    CHECK_TRUE(t.clear_cart(UserId{1}, *t.cart(UserId{1})));
    CHECK_TRUE(t.cart(UserId{1})->empty());
    CHECK_TRUE(t.add_to_cart(UserId{1}, ProductId{3}, 1));
    CHECK_EQ(t.cart(UserId{1})->size(), 1U);
    CHECK_TRUE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    CHECK_EQ((*t.charge("charge"))->amount, Money{5});
    CHECK_TRUE(t.record_request({"key", 7, RequestRecord::Kind::kOrder, "entity"}));
    CHECK_EQ((*t.request("key"))->fingerprint, 7U);
    return Outcome::commit();
  });
  CHECK_EQ(trial.view()->cart(UserId{1})->size(), 1U);
}

void keeps_every_field_of_every_row(StoreTrial& trial) {
  trial.seed();
  auto order = make_order(1, UserId{3});
  order.coupon = CouponId{2};
  order.status = Order::Status::kPending;
  order.request_key = "order key";
  order.total = Money{271};
  auto granted = make_grant(UserId{1}, CouponId{1});
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.add_order(order));
    CHECK_TRUE(t.grant_coupon(granted));
    CHECK_TRUE(*t.use_coupon(**t.user_coupon(UserId{3}, CouponId{2}), order.id));
    CHECK_TRUE(t.add_charge({"charge", UserId{4}, Money{77}, at(12)}));
    CHECK_TRUE(t.record_request({"key", ~std::uint64_t{0}, RequestRecord::Kind::kCart, "e"}));
    return Outcome::commit();
  });
  const auto view = trial.view();
  const auto stored = **view->order(order.id);
  CHECK_EQ(stored.user, order.user);
  CHECK_EQ(stored.status, order.status);
  CHECK_EQ(stored.coupon, order.coupon);
  CHECK_EQ(stored.subtotal, order.subtotal);
  CHECK_EQ(stored.total, order.total);
  CHECK_EQ(stored.created_at, order.created_at);
  CHECK_EQ(stored.request_key, order.request_key);
  REQUIRE_EQ(stored.items.size(), order.items.size());
  CHECK_EQ(stored.items[0].product, order.items[0].product);
  CHECK_EQ(stored.items[1].quantity, order.items[1].quantity);
  CHECK_EQ(stored.items[1].unit_price, order.items[1].unit_price);
  const auto grant = view->coupons_of(UserId{1})->front();
  CHECK_EQ(grant.coupon, granted.coupon);
  CHECK_EQ(grant.issued_at, granted.issued_at);
  CHECK_EQ(grant.request_key, granted.request_key);
  CHECK_EQ(grant.used_by, std::nullopt);
  const auto used = view->coupons_of(UserId{3})->front();
  CHECK_EQ(used.status, UserCoupon::Status::kUsed);
  CHECK_EQ(used.used_by, order.id);
  CHECK_EQ(used.version, 1);
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    const auto charge = **t.charge("charge");
    CHECK_EQ(charge.user, UserId{4});
    CHECK_EQ(charge.amount, Money{77});
    CHECK_EQ(charge.charged_at, at(12));
    const auto request = **t.request("key");
    CHECK_EQ(request.fingerprint, ~std::uint64_t{0});
    CHECK_EQ(request.kind, RequestRecord::Kind::kCart);
    CHECK_EQ(request.entity, "e");
    return Outcome::commit();
  });
}

void adds_up_the_quantities_of_a_cart_line(StoreTrial& trial) {
  trial.seed();
  for (int i = 0; i < 2; ++i) {
    trial.commit([&](Transaction& t) -> Result<Outcome> {
      CHECK_TRUE(t.add_to_cart(UserId{1}, ProductId{2}, 5));
      CHECK_TRUE(t.add_to_cart(UserId{99}, ProductId{2}, 5));  // A user nobody seeded.
      return Outcome::commit();
    });
  }
  const auto lines = *trial.view()->cart(UserId{1});
  REQUIRE_EQ(lines.size(), 3U);  // Products 2, 3 and 4 from the seed.
  CHECK_EQ(lines[0].product, ProductId{2});
  CHECK_EQ(lines[0].quantity, 12);
  CHECK_EQ(trial.view()->cart(UserId{99})->front().quantity, 10);
}

void changes_nothing_when_work_refuses_or_fails(StoreTrial& trial) {
  trial.seed();
  const auto touch_everything = [&](Transaction& t) {
    CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    CHECK_TRUE(*t.debit(**t.wallet(UserId{1}), Money{1}));
    CHECK_TRUE(t.add_order(make_order(1)));
    CHECK_TRUE(t.clear_cart(UserId{1}, *t.cart(UserId{1})));
    CHECK_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
    CHECK_TRUE(t.emit({"event", "TOPIC", "1", "{}", ""}));
  };
  const auto refused = trial.run([&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    return Outcome::refuse(RefusalCode::kPaymentDeclined);
  });
  CHECK_EQ(refused->refusal, RefusalCode::kPaymentDeclined);
  const auto failed = trial.run([&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    return fail(ErrorCode::kNotFound, "mine");
  });
  REQUIRE_FALSE(failed);
  CHECK_EQ(failed.error().message, "mine");
  const auto thrown = trial.run([&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    throw std::runtime_error("thrown by work");
  });
  REQUIRE_FALSE(thrown);
  CHECK_EQ(thrown.error().code, ErrorCode::kInternal);
  CHECK_TRUE(thrown.error().message.find("thrown by work") != std::string::npos);

  CHECK_EQ(trial.stock(1), 10);
  CHECK_EQ(trial.balance(1), 1000);
  const auto view = trial.view();
  CHECK_EQ(*view->order(order_id(1)), std::nullopt);
  CHECK_EQ(view->cart(UserId{1})->size(), 3U);
  CHECK_TRUE(view->outbox_after(0, 10)->empty());
}

void refuses_the_same_key_twice(StoreTrial& trial) {
  trial.seed();
  const auto record = [&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    CHECK_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
    return Outcome::commit();
  };
  const auto charge = [&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.credit(**t.wallet(UserId{1}), Money{5}));
    CHECK_TRUE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    return Outcome::commit();
  };
  trial.commit(record);
  trial.commit(charge);
  CHECK_EQ(trial.run(record)->refusal, RefusalCode::kRequestInProgress);
  CHECK_EQ(trial.run(charge)->refusal, RefusalCode::kRequestInProgress);
  CHECK_EQ(trial.stock(1), 9);
  CHECK_EQ(trial.balance(1), 1005);
}

void refuses_a_row_written_twice_in_one_transaction(StoreTrial& trial) {
  trial.seed();
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
    CHECK_EQ(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}).error().code,
             ErrorCode::kInvalid);
    CHECK_TRUE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    CHECK_FALSE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    CHECK_TRUE(t.add_order(make_order(1)));
    CHECK_FALSE(t.add_order(make_order(1)));
    CHECK_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    CHECK_FALSE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    return Outcome::commit();
  });
}

void reports_an_order_id_that_is_taken_and_changes_nothing(StoreTrial& trial) {
  trial.seed();
  const auto place = [&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    CHECK_TRUE(t.add_order(make_order(1)));
    return Outcome::commit();
  };
  trial.commit(place);
  const auto again = trial.run(place);
  REQUIRE_FALSE(again);
  CHECK_EQ(again.error().code, ErrorCode::kInternal);
  CHECK_TRUE(again.error().message.find(to_string(order_id(1))) != std::string::npos);
  CHECK_EQ(trial.stock(1), 9);
}

void counts_attempts_and_times_the_phases(StoreTrial& trial) {
  trial.seed();
  Work operation([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    return Outcome::commit();
  });
  Phases phases;
  Context context{Clock::now() + kPatience, phases};
  REQUIRE_TRUE(trial.store().transact({}, operation, context));
  REQUIRE_TRUE(trial.store().transact({}, operation, context));
  CHECK_EQ(phases.attempts, 2U);
  CHECK_TRUE(phases.spent(Phase::kStore).count() > 0);
  CHECK_TRUE(phases.spent(Phase::kCommit).count() > 0);
}

void answers_a_ping(StoreTrial& trial) { CHECK_TRUE(trial.store().ping(Clock::now() + kPatience)); }

constexpr Check kChecks[] = {
    {"RefusesFormsThatItDoesNotSupport", on_trial<refuses_forms_that_it_does_not_support>},
    {"AnswersNothingForRowsThatDoNotExist", on_trial<answers_nothing_for_rows_that_do_not_exist>},
    {"WritesEveryCounterInEveryForm", on_trial<writes_every_counter_in_every_form>},
    {"RaisesTheVersionOfARowOncePerTransaction",
     on_trial<raises_the_version_of_a_row_once_per_transaction>},
    {"CountsTwoTakesOfOneReading", on_trial<counts_two_takes_of_one_reading>},
    {"SaysNoWithoutRecordingWhenTheReadAlreadyTells",
     on_trial<says_no_without_recording_when_the_read_already_tells>},
    {"RefusesAmountsThatMakeNoSense", on_trial<refuses_amounts_that_make_no_sense>},
    {"ShowsATransactionItsOwnWrites", on_trial<shows_a_transaction_its_own_writes>},
    {"KeepsEveryFieldOfEveryRow", on_trial<keeps_every_field_of_every_row>},
    {"AddsUpTheQuantitiesOfACartLine", on_trial<adds_up_the_quantities_of_a_cart_line>},
    {"ChangesNothingWhenWorkRefusesOrFails", on_trial<changes_nothing_when_work_refuses_or_fails>},
    {"RefusesTheSameKeyTwice", on_trial<refuses_the_same_key_twice>},
    {"RefusesARowWrittenTwiceInOneTransaction",
     on_trial<refuses_a_row_written_twice_in_one_transaction>},
    {"ReportsAnOrderIdThatIsTakenAndChangesNothing",
     on_trial<reports_an_order_id_that_is_taken_and_changes_nothing>},
    {"CountsAttemptsAndTimesThePhases", on_trial<counts_attempts_and_times_the_phases>},
    {"AnswersAPing", on_trial<answers_a_ping>},
};

}  // namespace

std::span<const Check> store_verb_checks() { return kChecks; }

}  // namespace stampede::check
