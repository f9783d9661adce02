// What a transaction is told at commit when another one came between its reads and its writes. The
// other one runs inside the first one's work, so the race happens every time.

#include <thread>

#include "tests/plugins/stores/store_contract.hpp"

namespace stampede::testing {
namespace {

class StoreRaces : public StoreContract {
 protected:
  // Reads and writes with `body`; `rival` commits between, once.
  Result<Outcome> race(WriteForm form, const std::function<void(Transaction&)>& body,
                       const std::function<void(Transaction&)>& rival) {
    const auto options = TransactionOptions::all(form);
    return run(store(), options, [&](Transaction& mine) -> Result<Outcome> {
      between_ = [&] {
        commit(options, [&](Transaction& other) -> Result<Outcome> {
          rival(other);
          return Outcome::commit();
        });
      };
      body(mine);
      return Outcome::commit();
    });
  }

  void let_the_rival_commit() {
    std::exchange(between_, [] {})();
  }

  // Everybody buys `quantity` of product 1.
  Result<Outcome> race_for_stock(WriteForm form, std::int64_t quantity) {
    return race(
        form,
        [&](Transaction& t) {
          const auto seen = **t.product(ProductId{1});
          let_the_rival_commit();
          EXPECT_TRUE(*t.take_stock(seen, quantity));
          EXPECT_TRUE(t.add_order(make_order(1)));
        },
        [&](Transaction& t) {
          EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), quantity));
          EXPECT_TRUE(t.add_order(make_order(2)));
        });
  }

  Result<Outcome> race_for_grant(WriteForm form) {
    const auto grant = [](Transaction& t) {
      EXPECT_TRUE(*t.claim_coupon(**t.coupon(CouponId{1})));
      EXPECT_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    };
    TransactionOptions options;
    options.user = form;
    return run(store(), options, [&](Transaction& mine) -> Result<Outcome> {
      EXPECT_EQ(*mine.user_coupon(UserId{1}, CouponId{1}), std::nullopt);
      commit(options, [&](Transaction& other) -> Result<Outcome> {
        grant(other);
        return Outcome::commit();
      });
      grant(mine);
      return Outcome::commit();
    });
  }

  Result<Outcome> race_for_use(WriteForm form) {
    return race(
        form,
        [&](Transaction& t) {
          const auto seen = **t.user_coupon(UserId{1}, CouponId{2});
          let_the_rival_commit();
          EXPECT_TRUE(*t.use_coupon(seen, order_id(1)));
        },
        [](Transaction& t) {
          EXPECT_TRUE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{2}), order_id(2)));
        });
  }

 private:
  std::function<void()> between_ = [] {};
};

INSTANTIATE_TEST_SUITE_P(Every, StoreRaces, ::testing::ValuesIn(kEveryStore), name_of_store);

TEST_P(StoreRaces, TheAtomicFormSellsTheRestAndRefusesTheLast) {
  seed();
  EXPECT_TRUE(race_for_stock(WriteForm::kAtomic, 5)->committed());
  EXPECT_EQ(stock(1), 0);
}

TEST_P(StoreRaces, TheAtomicFormRefusesWhatTheRivalTook) {
  seed();
  EXPECT_EQ(race_for_stock(WriteForm::kAtomic, 6)->refusal, RefusalCode::kInsufficientStock);
  EXPECT_EQ(stock(1), 4);
  EXPECT_EQ(*view_of(store())->order(order_id(1)), std::nullopt);
}

TEST_P(StoreRaces, TheReadThenWriteFormLosesTheRivalsUpdate) {
  seed();
  EXPECT_TRUE(race_for_stock(WriteForm::kReadThenWrite, 6)->committed());
  EXPECT_EQ(stock(1), 4);  // 12 of 10 were sold: the documented incident.
}

TEST_P(StoreRaces, TheVersionedFormConflictsWhateverIsLeft) {
  seed();
  const auto outcome = race_for_stock(WriteForm::kVersioned, 1);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
  EXPECT_EQ(stock(1), 9);
  EXPECT_EQ(*view_of(store())->order(order_id(1)), std::nullopt);
}

TEST_P(StoreRaces, ABalanceIsRefusedAtCommit) {
  seed();
  const auto outcome = race(
      WriteForm::kAtomic,
      [&](Transaction& t) {
        const auto seen = **t.wallet(UserId{1});
        let_the_rival_commit();
        EXPECT_TRUE(*t.debit(seen, Money{600}));
      },
      [](Transaction& t) { EXPECT_TRUE(*t.debit(**t.wallet(UserId{1}), Money{600})); });
  EXPECT_EQ(outcome->refusal, RefusalCode::kInsufficientBalance);
  EXPECT_EQ(balance(1), 400);
}

TEST_P(StoreRaces, ACreditNeverLosesARivalsDebitInTheAtomicForm) {
  seed();
  const auto outcome = race(
      WriteForm::kAtomic,
      [&](Transaction& t) {
        const auto seen = **t.wallet(UserId{1});
        let_the_rival_commit();
        EXPECT_TRUE(t.credit(seen, Money{50}));
      },
      [](Transaction& t) { EXPECT_TRUE(*t.debit(**t.wallet(UserId{1}), Money{600})); });
  EXPECT_TRUE(outcome->committed());
  EXPECT_EQ(balance(1), 450);
}

TEST_P(StoreRaces, TheLastCouponIsRefusedAtCommit) {
  seed();
  const auto outcome = race(
      WriteForm::kAtomic,
      [&](Transaction& t) {
        const auto seen = **t.coupon(CouponId{3});  // One in all.
        let_the_rival_commit();
        EXPECT_TRUE(*t.claim_coupon(seen));
        EXPECT_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{3})));
      },
      [](Transaction& t) {
        EXPECT_TRUE(*t.claim_coupon(**t.coupon(CouponId{3})));
        EXPECT_TRUE(t.grant_coupon(make_grant(UserId{2}, CouponId{3})));
      });
  EXPECT_EQ(outcome->refusal, RefusalCode::kCouponSoldOut);
  EXPECT_EQ(issued(3), 1);
}

TEST_P(StoreRaces, ASecondGrantIsRefusedOnlyByTheAtomicForm) {
  seed();
  EXPECT_EQ(race_for_grant(WriteForm::kAtomic)->refusal, RefusalCode::kCouponAlreadyIssued);
  EXPECT_EQ(issued(1), 1);  // The claim that came with the refused grant was undone.
  EXPECT_EQ(view_of(store())->coupons_of(UserId{1})->size(), 2U);
}

TEST_P(StoreRaces, ASecondGrantConflictsInTheVersionedForm) {
  seed();
  EXPECT_EQ(race_for_grant(WriteForm::kVersioned).error().code, ErrorCode::kConflict);
  EXPECT_EQ(issued(1), 1);
}

TEST_P(StoreRaces, ASecondGrantIsInsertedBlindlyByTheReadThenWriteForm) {
  reopen_without_unique_index();
  seed();
  EXPECT_TRUE(race_for_grant(WriteForm::kReadThenWrite)->committed());
  EXPECT_EQ(view_of(store())->coupons_of(UserId{1})->size(), 3U);
  const auto both = *view_of(store())->user_coupons_after(CouponId{0}, UserId{0}, 1);
  ASSERT_EQ(both.size(), 2U);  // Doubles stay together, whatever the page's size.
  EXPECT_EQ(both[0].coupon, CouponId{1});
  EXPECT_EQ(both[1].coupon, CouponId{1});
}

TEST_P(StoreRaces, UsingOneOfTwoDoublesLeavesTheOther) {
  reopen_without_unique_index();
  seed();
  EXPECT_TRUE(race_for_grant(WriteForm::kReadThenWrite)->committed());
  for (const auto form : {WriteForm::kAtomic, WriteForm::kVersioned}) {
    commit(TransactionOptions::all(form), [](Transaction& t) -> Result<Outcome> {
      EXPECT_TRUE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{1}), order_id(1)));
      return Outcome::commit();
    });
  }
  commit([](Transaction& t) -> Result<Outcome> {
    EXPECT_FALSE(*t.use_coupon(**t.user_coupon(UserId{1}, CouponId{1}), order_id(1)));
    return Outcome::commit();
  });
}

TEST_P(StoreRaces, ACouponIsUsedOnceInTheSafeForms) {
  seed();
  EXPECT_EQ(race_for_use(WriteForm::kAtomic)->refusal, RefusalCode::kCouponNotUsable);
  EXPECT_EQ(view_of(store())->coupons_of(UserId{1})->front().used_by, order_id(2));
}

TEST_P(StoreRaces, AUsedCouponConflictsInTheVersionedForm) {
  seed();
  EXPECT_EQ(race_for_use(WriteForm::kVersioned).error().code, ErrorCode::kConflict);
  EXPECT_EQ(view_of(store())->coupons_of(UserId{1})->front().used_by, order_id(2));
}

TEST_P(StoreRaces, ACouponIsUsedTwiceInTheReadThenWriteForm) {
  seed();
  EXPECT_TRUE(race_for_use(WriteForm::kReadThenWrite)->committed());
  EXPECT_EQ(view_of(store())->coupons_of(UserId{1})->front().used_by, order_id(1));
}

TEST_P(StoreRaces, ARequestThatRacesItselfIsInProgressNotSoldOut) {
  seed();
  const auto buy_the_rest = [](Transaction& t, const Product& seen) {
    EXPECT_TRUE(*t.take_stock(seen, 10));
    EXPECT_TRUE(t.record_request({"key", 1, RequestRecord::Kind::kOrder, ""}));
  };
  const auto outcome = race(
      WriteForm::kAtomic,
      [&](Transaction& t) {
        EXPECT_EQ(*t.request("key"), std::nullopt);
        const auto seen = **t.product(ProductId{1});
        let_the_rival_commit();
        buy_the_rest(t, seen);
      },
      [&](Transaction& t) { buy_the_rest(t, **t.product(ProductId{1})); });
  EXPECT_EQ(outcome->refusal, RefusalCode::kRequestInProgress);
  EXPECT_EQ(stock(1), 0);
}

TEST_P(StoreRaces, AKeyThatTheRefusedSetRecordedItselfIsNotInProgress) {
  seed();
  const auto outcome = race(
      WriteForm::kAtomic,
      [&](Transaction& t) {
        const auto seen = **t.product(ProductId{1});
        let_the_rival_commit();
        EXPECT_TRUE(t.record_request({"mine", 1, RequestRecord::Kind::kOrder, ""}));
        EXPECT_TRUE(*t.take_stock(seen, 6));
      },
      [&](Transaction& t) { EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 6)); });
  EXPECT_EQ(outcome->refusal, RefusalCode::kInsufficientStock);
  commit([](Transaction& t) -> Result<Outcome> {
    EXPECT_EQ(*t.request("mine"), std::nullopt);
    return Outcome::commit();
  });
}

TEST_P(StoreRaces, ASetThatFailsOnALaterCommandChangesNothing) {
  seed();
  const auto outcome = race(
      WriteForm::kAtomic,
      [&](Transaction& t) {
        const auto seen = **t.product(ProductId{1});
        const auto wallet = **t.wallet(UserId{1});
        let_the_rival_commit();
        EXPECT_TRUE(*t.take_stock(seen, 1));
        EXPECT_TRUE(*t.debit(wallet, Money{600}));
        EXPECT_TRUE(t.emit({"mine", "TOPIC", "1", "{}", ""}));
      },
      [](Transaction& t) { EXPECT_TRUE(*t.debit(**t.wallet(UserId{1}), Money{600})); });
  EXPECT_EQ(outcome->refusal, RefusalCode::kInsufficientBalance);
  EXPECT_EQ(stock(1), 10);
  EXPECT_EQ(balance(1), 400);
  EXPECT_TRUE(view_of(store())->outbox_after(0, 10)->empty());
}

// Many callers, everything at once: what is sold and what is left must add up.
class StoreUnderLoad : public StoreContract {
 protected:
  void buy_everything(WriteForm form) {
    constexpr int kCallers = 8;
    constexpr int kOrdersEach = 40;
    std::atomic<std::int64_t> sold = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < kOrdersEach; ++i) {
          sold += buy(form, caller * kOrdersEach + i) ? 1 : 0;
        }
      });
    }
    for (auto& caller : callers) caller.join();
    std::int64_t left = 0;
    const auto products = *view_of(store())->products({0, 10});
    for (const auto& product : products.items) left += product.stock;
    std::int64_t money = 0;
    const auto wallets = *view_of(store())->wallets_after(UserId{0}, 100);
    for (const auto& wallet : wallets) {
      EXPECT_GE(wallet.balance.minor, 0);
      money += wallet.balance.minor;
    }
    const auto orders = view_of(store())->orders({}, {0, 1})->total;
    EXPECT_EQ(sold, orders);
    EXPECT_EQ(100 - left, sold);
    EXPECT_EQ(20'000 - money, 70 * sold);
    EXPECT_EQ(std::ssize(*view_of(store())->outbox_after(0, 10'000)), sold);
    EXPECT_EQ(sold, 100);
  }

 private:
  // Retries conflicts until they are over; true when it bought one.
  bool buy(WriteForm form, std::int64_t number) {
    for (;;) {
      const auto outcome =
          run(store(), TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
            const auto product = **t.product(ProductId{number % 10 + 1});
            const auto wallet = **t.wallet(UserId{number % 20 + 1});
            if (!*t.take_stock(product, 1)) return Outcome::refuse(RefusalCode::kInsufficientStock);
            if (!*t.debit(wallet, Money{70})) {
              return Outcome::refuse(RefusalCode::kInsufficientBalance);
            }
            EXPECT_TRUE(t.add_order(make_order(static_cast<std::uint64_t>(number + 1))));
            EXPECT_TRUE(t.emit({std::to_string(number), "TOPIC", "key", "{}", ""}));
            return Outcome::commit();
          });
      if (outcome) return outcome->committed();
      EXPECT_EQ(outcome.error().code, ErrorCode::kConflict) << outcome.error().message;
      if (outcome.error().code != ErrorCode::kConflict) return false;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Every, StoreUnderLoad, ::testing::ValuesIn(kEveryStore), name_of_store);

TEST_P(StoreUnderLoad, ConservesStockAndMoneyInTheAtomicForm) {
  seed();
  buy_everything(WriteForm::kAtomic);
}

TEST_P(StoreUnderLoad, ConservesStockAndMoneyInTheVersionedForm) {
  seed();
  buy_everything(WriteForm::kVersioned);
}

TEST_P(StoreUnderLoad, ShowsReadersOnlyWholeTransactions) {
  seed();
  std::atomic<bool> done = false;
  std::thread mover([&] {  // Moves money between two wallets; their sum never changes.
    for (int i = 0; i < 200; ++i) {
      const auto from = UserId{i % 2 + 1};
      const auto to = UserId{2 - i % 2};
      commit([&](Transaction& t) -> Result<Outcome> {
        EXPECT_TRUE(*t.debit(**t.wallet(from), Money{10}));
        EXPECT_TRUE(t.credit(**t.wallet(to), Money{10}));
        return Outcome::commit();
      });
    }
    done = true;
  });
  while (!done) {
    const auto both = view_of(store())->wallets_after(UserId{0}, 2);
    if (!both) continue;  // A store may end a view.
    EXPECT_EQ((*both)[0].balance + (*both)[1].balance, Money{2000});
  }
  mover.join();
}

}  // namespace
}  // namespace stampede::testing
