// The verbs of a transaction, one caller at a time.

#include "tests/plugins/stores/store_contract.hpp"

namespace stampede::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Every, StoreContract, ::testing::ValuesIn(kEveryStore), name_of_store);

constexpr WriteForm kForms[] = {WriteForm::kAtomic, WriteForm::kReadThenWrite,
                                WriteForm::kVersioned};

class ProcessStores : public StoreContract {};

INSTANTIATE_TEST_SUITE_P(Every, ProcessStores, ::testing::ValuesIn(kProcessStores), name_of_store);

TEST_P(ProcessStores, LivesInThisProcessAndHasNoLockedReads) {
  EXPECT_EQ(store().sharing(), Sharing::kProcess);
  for (const auto form : kForms) EXPECT_TRUE(store().supports(TransactionOptions::all(form)));
  TransactionOptions locked;
  locked.coupon = WriteForm::kLockedRead;
  EXPECT_FALSE(store().supports(locked));
  const auto outcome = run(store(), locked, [](Transaction&) { return Outcome::commit(); });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kInvalid);
}

TEST_P(StoreContract, AnswersNothingForRowsThatDoNotExist) {
  seed();
  commit([](Transaction& t) -> Result<Outcome> {
    EXPECT_EQ(*t.product(ProductId{11}), std::nullopt);
    EXPECT_EQ(*t.product(ProductId{0}), std::nullopt);
    EXPECT_EQ(*t.product(ProductId{-1}), std::nullopt);
    EXPECT_EQ(*t.wallet(UserId{21}), std::nullopt);
    EXPECT_EQ(*t.coupon(CouponId{4}), std::nullopt);
    EXPECT_EQ(*t.user_coupon(UserId{1}, CouponId{1}), std::nullopt);
    EXPECT_EQ(*t.order(order_id(1)), std::nullopt);
    EXPECT_EQ(*t.charge("no"), std::nullopt);
    EXPECT_EQ(*t.request("no"), std::nullopt);
    EXPECT_TRUE(t.cart(UserId{21})->empty());
    return Outcome::commit();
  });
}

TEST_P(StoreContract, WritesEveryCounterInEveryForm) {
  for (const auto form : kForms) {
    reopen();
    if (store().seed(small_seed())) {
    }  // A store that keeps its data is seeded already.
    const auto before = std::tuple(stock(1), balance(1), issued(1));
    commit(TransactionOptions::all(form), [](Transaction& t) -> Result<Outcome> {
      EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 2));
      EXPECT_TRUE(*t.debit(**t.wallet(UserId{1}), Money{300}));
      EXPECT_TRUE(t.credit(**t.wallet(UserId{1}), Money{100}));
      EXPECT_TRUE(*t.claim_coupon(**t.coupon(CouponId{1})));
      return Outcome::commit();
    });
    EXPECT_EQ(stock(1), std::get<0>(before) - 2);
    EXPECT_EQ(balance(1), std::get<1>(before) - 200);
    EXPECT_EQ(issued(1), std::get<2>(before) + 1);
  }
}

TEST_P(StoreContract, RaisesTheVersionOfARowOncePerTransaction) {
  seed();
  commit([](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    return Outcome::commit();
  });
  EXPECT_EQ((*view_of(store())->product(ProductId{1}))->version, 1);
  EXPECT_EQ((*view_of(store())->product(ProductId{2}))->version, 0);
}

TEST_P(StoreContract, CountsTwoTakesOfOneReading) {
  seed();
  for (const auto form : kForms) {
    const auto before = stock(1);
    commit(TransactionOptions::all(form), [](Transaction& t) -> Result<Outcome> {
      const auto seen = **t.product(ProductId{1});
      EXPECT_TRUE(*t.take_stock(seen, 1));
      EXPECT_TRUE(*t.take_stock(seen, 1));
      EXPECT_EQ((*t.product(ProductId{1}))->stock, seen.stock - 2);
      EXPECT_FALSE(*t.take_stock(seen, seen.stock - 1));
      return Outcome::commit();
    });
    EXPECT_EQ(stock(1), before - 2);
  }
}

TEST_P(StoreContract, SaysNoWithoutRecordingWhenTheReadAlreadyTells) {
  seed();
  for (const auto form : kForms) {
    commit(TransactionOptions::all(form), [](Transaction& t) -> Result<Outcome> {
      EXPECT_FALSE(*t.take_stock(**t.product(ProductId{1}), 11));
      EXPECT_FALSE(*t.debit(**t.wallet(UserId{1}), Money{1001}));
      auto used_up = **t.coupon(CouponId{1});
      used_up.issued = used_up.total;
      EXPECT_FALSE(*t.claim_coupon(used_up));
      auto used = **t.user_coupon(UserId{1}, CouponId{2});
      used.status = UserCoupon::Status::kUsed;
      EXPECT_FALSE(*t.use_coupon(used, order_id(1)));
      return Outcome::commit();
    });
  }
  EXPECT_EQ(stock(1), 10);
  EXPECT_EQ(balance(1), 1000);
  EXPECT_EQ(issued(1), 0);
}

TEST_P(StoreContract, RefusesAmountsThatMakeNoSense) {
  seed();
  const auto most = std::numeric_limits<std::int64_t>::max();
  commit([&](Transaction& t) -> Result<Outcome> {
    const auto product = **t.product(ProductId{1});
    const auto wallet = **t.wallet(UserId{1});
    EXPECT_EQ(t.take_stock(product, 0).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(t.take_stock(product, -1).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(t.debit(wallet, Money{-1}).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(t.credit(wallet, Money{0}).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(t.credit(wallet, Money{most}).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(t.add_to_cart(UserId{1}, ProductId{1}, 0).error().code, ErrorCode::kInvalid);
    return Outcome::commit();
  });
  EXPECT_EQ(balance(1), 1000);
}

TEST_P(StoreContract, ShowsATransactionItsOwnWrites) {
  seed();
  const auto order = make_order(1);
  commit([&](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(*t.claim_coupon(**t.coupon(CouponId{1})));
    EXPECT_EQ((*t.coupon(CouponId{1}))->issued, 1);
    EXPECT_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    EXPECT_EQ((*t.user_coupon(UserId{1}, CouponId{1}))->status, UserCoupon::Status::kIssued);
    EXPECT_TRUE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{2}), order.id));
    EXPECT_EQ((*t.user_coupon(UserId{1}, CouponId{2}))->used_by, order.id);
    EXPECT_FALSE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{2}), order.id));
    EXPECT_TRUE(t.add_order(order));
    EXPECT_EQ((*t.order(order.id))->items.size(), 2U);
    EXPECT_TRUE(t.clear_cart(UserId{1}, *t.cart(UserId{1})));
    EXPECT_TRUE(t.cart(UserId{1})->empty());
    EXPECT_TRUE(t.add_to_cart(UserId{1}, ProductId{3}, 1));
    EXPECT_EQ(t.cart(UserId{1})->size(), 1U);
    EXPECT_TRUE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    EXPECT_EQ((*t.charge("charge"))->amount, Money{5});
    EXPECT_TRUE(t.record_request({"key", 7, RequestRecord::Kind::kOrder, "entity"}));
    EXPECT_EQ((*t.request("key"))->fingerprint, 7U);
    return Outcome::commit();
  });
  EXPECT_EQ(view_of(store())->cart(UserId{1})->size(), 1U);
}

TEST_P(StoreContract, KeepsEveryFieldOfEveryRow) {
  seed();
  auto order = make_order(1, UserId{3});
  order.coupon = CouponId{2};
  order.status = Order::Status::kPending;
  order.request_key = "order key";
  order.total = Money{271};
  auto granted = make_grant(UserId{1}, CouponId{1});
  commit([&](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.add_order(order));
    EXPECT_TRUE(t.grant_coupon(granted));
    EXPECT_TRUE(*t.use_coupon(**t.user_coupon(UserId{3}, CouponId{2}), order.id));
    EXPECT_TRUE(t.add_charge({"charge", UserId{4}, Money{77}, at(12)}));
    EXPECT_TRUE(t.record_request({"key", ~std::uint64_t{0}, RequestRecord::Kind::kCart, "e"}));
    return Outcome::commit();
  });
  const auto view = view_of(store());
  const auto stored = **view->order(order.id);
  EXPECT_EQ(stored.user, order.user);
  EXPECT_EQ(stored.status, order.status);
  EXPECT_EQ(stored.coupon, order.coupon);
  EXPECT_EQ(stored.subtotal, order.subtotal);
  EXPECT_EQ(stored.total, order.total);
  EXPECT_EQ(stored.created_at, order.created_at);
  EXPECT_EQ(stored.request_key, order.request_key);
  ASSERT_EQ(stored.items.size(), order.items.size());
  EXPECT_EQ(stored.items[0].product, order.items[0].product);
  EXPECT_EQ(stored.items[1].quantity, order.items[1].quantity);
  EXPECT_EQ(stored.items[1].unit_price, order.items[1].unit_price);
  const auto grant = view->coupons_of(UserId{1})->front();
  EXPECT_EQ(grant.coupon, granted.coupon);
  EXPECT_EQ(grant.issued_at, granted.issued_at);
  EXPECT_EQ(grant.request_key, granted.request_key);
  EXPECT_EQ(grant.used_by, std::nullopt);
  const auto used = view->coupons_of(UserId{3})->front();
  EXPECT_EQ(used.status, UserCoupon::Status::kUsed);
  EXPECT_EQ(used.used_by, order.id);
  EXPECT_EQ(used.version, 1);
  commit([](Transaction& t) -> Result<Outcome> {
    const auto charge = **t.charge("charge");
    EXPECT_EQ(charge.user, UserId{4});
    EXPECT_EQ(charge.amount, Money{77});
    EXPECT_EQ(charge.charged_at, at(12));
    const auto request = **t.request("key");
    EXPECT_EQ(request.fingerprint, ~std::uint64_t{0});
    EXPECT_EQ(request.kind, RequestRecord::Kind::kCart);
    EXPECT_EQ(request.entity, "e");
    return Outcome::commit();
  });
}

TEST_P(StoreContract, AddsUpTheQuantitiesOfACartLine) {
  seed();
  for (int i = 0; i < 2; ++i) {
    commit([](Transaction& t) -> Result<Outcome> {
      EXPECT_TRUE(t.add_to_cart(UserId{1}, ProductId{2}, 5));
      EXPECT_TRUE(t.add_to_cart(UserId{99}, ProductId{2}, 5));  // A user nobody seeded.
      return Outcome::commit();
    });
  }
  const auto lines = *view_of(store())->cart(UserId{1});
  ASSERT_EQ(lines.size(), 3U);  // Products 2, 3 and 4 from the seed.
  EXPECT_EQ(lines[0].product, ProductId{2});
  EXPECT_EQ(lines[0].quantity, 12);
  EXPECT_EQ(view_of(store())->cart(UserId{99})->front().quantity, 10);
}

TEST_P(StoreContract, ChangesNothingWhenWorkRefusesOrFails) {
  seed();
  const auto touch_everything = [](Transaction& t) {
    EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    EXPECT_TRUE(*t.debit(**t.wallet(UserId{1}), Money{1}));
    EXPECT_TRUE(t.add_order(make_order(1)));
    EXPECT_TRUE(t.clear_cart(UserId{1}, *t.cart(UserId{1})));
    EXPECT_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
    EXPECT_TRUE(t.emit({"event", "TOPIC", "1", "{}", ""}));
  };
  const auto refused = run(store(), [&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    return Outcome::refuse(RefusalCode::kPaymentDeclined);
  });
  EXPECT_EQ(refused->refusal, RefusalCode::kPaymentDeclined);
  const auto failed = run(store(), [&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    return fail(ErrorCode::kNotFound, "mine");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "mine");
  const auto thrown = run(store(), [&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    throw std::runtime_error("thrown by work");
  });
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().code, ErrorCode::kInternal);
  EXPECT_NE(thrown.error().message.find("thrown by work"), std::string::npos);

  EXPECT_EQ(stock(1), 10);
  EXPECT_EQ(balance(1), 1000);
  const auto view = view_of(store());
  EXPECT_EQ(*view->order(order_id(1)), std::nullopt);
  EXPECT_EQ(view->cart(UserId{1})->size(), 3U);
  EXPECT_TRUE(view->outbox_after(0, 10)->empty());
}

TEST_P(StoreContract, RefusesTheSameKeyTwice) {
  seed();
  const auto record = [](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    EXPECT_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
    return Outcome::commit();
  };
  const auto charge = [](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.credit(**t.wallet(UserId{1}), Money{5}));
    EXPECT_TRUE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    return Outcome::commit();
  };
  commit(record);
  commit(charge);
  EXPECT_EQ(run(store(), record)->refusal, RefusalCode::kRequestInProgress);
  EXPECT_EQ(run(store(), charge)->refusal, RefusalCode::kRequestInProgress);
  EXPECT_EQ(stock(1), 9);
  EXPECT_EQ(balance(1), 1005);
}

TEST_P(StoreContract, RefusesARowWrittenTwiceInOneTransaction) {
  seed();
  commit([](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
    EXPECT_EQ(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}).error().code,
              ErrorCode::kInvalid);
    EXPECT_TRUE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    EXPECT_FALSE(t.add_charge({"charge", UserId{1}, Money{5}, at(1)}));
    EXPECT_TRUE(t.add_order(make_order(1)));
    EXPECT_FALSE(t.add_order(make_order(1)));
    EXPECT_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    EXPECT_FALSE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    return Outcome::commit();
  });
}

TEST_P(StoreContract, ReportsAnOrderIdThatIsTakenAndChangesNothing) {
  seed();
  const auto place = [](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    EXPECT_TRUE(t.add_order(make_order(1)));
    return Outcome::commit();
  };
  commit(place);
  const auto again = run(store(), place);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInternal);
  EXPECT_NE(again.error().message.find(to_string(order_id(1))), std::string::npos);
  EXPECT_EQ(stock(1), 9);
}

TEST_P(StoreContract, CountsAttemptsAndTimesThePhases) {
  seed();
  Work operation([](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    return Outcome::commit();
  });
  Phases phases;
  Context context{far_deadline(), phases};
  ASSERT_TRUE(store().transact({}, operation, context));
  ASSERT_TRUE(store().transact({}, operation, context));
  EXPECT_EQ(phases.attempts, 2U);
  EXPECT_GT(phases.spent(Phase::kStore).count(), 0);
  EXPECT_GT(phases.spent(Phase::kCommit).count(), 0);
}

TEST_P(StoreContract, AnswersAPing) { EXPECT_TRUE(store().ping(far_deadline())); }

}  // namespace
}  // namespace stampede::testing
