// What an order from a cart takes out of it when the cart changed after it was read. The change is
// committed inside the order's work, so the race happens every time.

#include "tests/plugins/stores/store_contract.hpp"

namespace stampede::testing {
namespace {

class StoreCarts : public StoreContract {
 protected:
  // Reads the cart of user 1, lets `rival` commit, then clears what it read.
  Result<Outcome> order_cart(WriteForm form, const std::function<void(Transaction&)>& rival) {
    const auto options = TransactionOptions::all(form);
    return run(store(), options, [&](Transaction& mine) -> Result<Outcome> {
      const auto seen = *mine.cart(UserId{1});
      commit(options, [&](Transaction& other) -> Result<Outcome> {
        rival(other);
        return Outcome::commit();
      });
      EXPECT_TRUE(mine.clear_cart(UserId{1}, seen));
      EXPECT_TRUE(mine.cart(UserId{1})->empty());
      EXPECT_TRUE(mine.add_order(make_order(1)));
      return Outcome::commit();
    });
  }

  std::vector<CartLine> cart() { return *view_of(store())->cart(UserId{1}); }
};

void clear_all(Transaction& rival) {
  EXPECT_TRUE(rival.clear_cart(UserId{1}, *rival.cart(UserId{1})));
}

INSTANTIATE_TEST_SUITE_P(Every, StoreCarts, ::testing::ValuesIn(kEveryStore), name_of_store);

TEST_P(StoreCarts, TheAtomicFormOrdersACartOnlyOnce) {
  seed();
  const auto outcome = order_cart(WriteForm::kAtomic, clear_all);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->refusal, RefusalCode::kCartEmpty);
  EXPECT_EQ(*view_of(store())->order(order_id(1)), std::nullopt);
}

TEST_P(StoreCarts, TheVersionedFormConflictsOverACartThatIsGone) {
  seed();
  const auto outcome = order_cart(WriteForm::kVersioned, clear_all);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
  EXPECT_EQ(*view_of(store())->order(order_id(1)), std::nullopt);
}

TEST_P(StoreCarts, TheReadThenWriteFormOrdersTheSameCartAgain) {
  seed();
  EXPECT_TRUE(order_cart(WriteForm::kReadThenWrite, clear_all)->committed());
}

TEST_P(StoreCarts, KeepsWhatWasAddedAfterTheCartWasRead) {
  seed();
  const auto before = cart();
  ASSERT_FALSE(before.empty());
  const auto first = before.front().product;
  const auto outcome = order_cart(WriteForm::kAtomic, [&](Transaction& rival) {
    EXPECT_TRUE(rival.add_to_cart(UserId{1}, first, 2));         // More of a line that was read.
    EXPECT_TRUE(rival.add_to_cart(UserId{1}, ProductId{9}, 4));  // A line that was not.
  });
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->committed());
  const auto after = cart();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0].product, first);
  EXPECT_EQ(after[0].quantity, 2);
  EXPECT_EQ(after[1].product, ProductId{9});
  EXPECT_EQ(after[1].quantity, 4);
}

TEST_P(StoreCarts, RefusesToFillAndClearACartInOneTransaction) {
  seed();
  commit([](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.add_to_cart(UserId{1}, ProductId{9}, 1));
    const auto cleared = t.clear_cart(UserId{1}, *t.cart(UserId{1}));
    EXPECT_EQ(cleared ? ErrorCode::kInternal : cleared.error().code, ErrorCode::kInvalid);
    return Outcome::commit();
  });
}

}  // namespace
}  // namespace stampede::testing
