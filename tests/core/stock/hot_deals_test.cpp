// Orders of products in a deal: what the gate decides, what the store has the last word on, and
// that neither a retry nor a crash sells more than there is, or less.

#include "core/stock/hot_deals.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/core/stock/deal.hpp"

namespace stampede::stock {
namespace {

using testing::Deal;
using testing::is_accepted;
using testing::is_refused;
using testing::item;
using testing::kProduct;
using testing::order_of;

TEST(HotDeal, PlacesWhatTheGateGrantsAndTheStoreTakesTheStock) {
  Deal deal;
  const auto reply = deal.order(1, 3, "a");
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->status, Order::Status::kCompleted);
  EXPECT_EQ(deal.sale.stock(1), 7);
  EXPECT_EQ(deal.state().remaining, 7);
  EXPECT_EQ(deal.state().pending, 0);
}

TEST(HotDeal, RefusesAtTheGateWhatIsSoldOutWithoutATransaction) {
  Deal deal;
  ASSERT_TRUE(is_accepted(deal.order(1, 9)));
  // The transaction would fail: none is begun.
  deal.sale.store.next({.runs = false, .answer = ErrorCode::kUnavailable});
  EXPECT_TRUE(is_refused(deal.order(2, 2), RefusalCode::kInsufficientStock));
  EXPECT_EQ(deal.state().remaining, 1);
}

TEST(HotDeal, LeavesOtherProductsToTheStore) {
  Deal deal;
  ASSERT_TRUE(is_accepted(deal.order(order_of(1, {item(2, 4)}))));
  EXPECT_EQ(deal.sale.stock(2), 6);
  EXPECT_EQ(deal.gate->stats().granted, 0);
}

TEST(HotDeal, GivesBackWhatTheStoreRefuses) {
  Deal deal({.stock = 1'000});
  EXPECT_TRUE(is_refused(deal.order(1, 900), RefusalCode::kInsufficientBalance));
  EXPECT_EQ(deal.state().remaining, 1'000);
  EXPECT_EQ(deal.state().pending, 0);
  EXPECT_TRUE(is_refused(deal.order(77, 1), RefusalCode::kUserNotFound));
  EXPECT_EQ(deal.state().remaining, 1'000);
}

TEST(HotDeal, GivesBackWhatIsGrantedWhenAnotherItemIsSoldOut) {
  Deal deal({.deals = 3});
  ASSERT_TRUE(is_accepted(deal.order(order_of(1, {item(2, 10)}))));
  EXPECT_TRUE(is_refused(deal.order(order_of(2, {item(1, 1), item(2, 1), item(3, 1)})),
                         RefusalCode::kInsufficientStock));
  EXPECT_EQ(deal.state(ProductId{1}).remaining, 10);
  EXPECT_EQ(deal.state(ProductId{3}).remaining, 10);
  EXPECT_EQ(deal.state(ProductId{3}).pending, 0);
}

TEST(HotDeal, TakesNothingMoreForARetryUnderTheSameKey) {
  Deal deal;
  const auto first = deal.order(1, 3, "again");
  const auto second = deal.order(1, 3, "again");
  ASSERT_TRUE(is_accepted(first));
  ASSERT_TRUE(is_accepted(second));
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(second->value->id, first->value->id);
  EXPECT_EQ(deal.state().remaining, 7);
  EXPECT_EQ(deal.sale.stock(1), 7);
}

TEST(HotDeal, KnowsARetryOfWhatWasPlacedBeforeTheGateWasLoaded) {
  Deal deal;
  ASSERT_TRUE(is_accepted(deal.order(1, 10, "before")));
  ASSERT_TRUE(deal.deals->reload(Deal::soon()));
  EXPECT_TRUE(is_accepted(deal.order(1, 10, "before")));
  EXPECT_TRUE(is_refused(deal.order(2, 1, "after"), RefusalCode::kInsufficientStock));
  EXPECT_EQ(deal.state().pending, 0);
}

TEST(HotDeal, ClaimsWhatIsInACart) {
  Deal deal;
  ASSERT_TRUE(is_accepted(deal.sale.add_to_cart({UserId{1}, item(1, 4), {}})));
  ASSERT_TRUE(is_accepted(deal.order(order_of(1, {}))));
  EXPECT_EQ(deal.state().remaining, 6);
  EXPECT_EQ(deal.state().pending, 0);
  EXPECT_EQ(deal.sale.stock(1), 6);
}

TEST(HotDeal, GivesTheLastItemToOneOfMany) {
  Deal deal({.stock = 1, .users = 16});
  std::atomic<int> accepted = 0;
  std::atomic<int> refused = 0;
  std::atomic<bool> go = false;
  std::vector<std::thread> buyers;
  for (int user = 1; user <= 16; ++user) {
    buyers.emplace_back([&, user] {
      while (!go) std::this_thread::yield();
      const auto reply = deal.order(user, 1, "buyer-" + std::to_string(user));
      accepted += is_accepted(reply) ? 1 : 0;
      refused += is_refused(reply, RefusalCode::kInsufficientStock) ? 1 : 0;
    });
  }
  go = true;
  for (auto& buyer : buyers) buyer.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(refused, 15);
  EXPECT_EQ(deal.sale.stock(1), 0);
  EXPECT_EQ(deal.state().remaining, 0);
}

TEST(HotDeal, LeavesAnOrderInDoubtToTheSweeper) {
  Deal deal;
  // The commit is made and its answer lost, and so is the answer to the look for it.
  deal.sale.store.next({.answer = ErrorCode::kInDoubt});
  deal.sale.store.next({.runs = false, .answer = ErrorCode::kUnavailable});
  const auto reply = deal.order(1, 2, "doubt");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInDoubt);
  EXPECT_EQ(deal.state().pending, 1);
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().pending, 0);
  EXPECT_EQ(deal.state().remaining, 8);
}

TEST(Sweeper, ReturnsAGrantWhoseOrderWasNeverPlaced) {
  Deal deal;
  deal.grant(1, 4, "crashed");
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().remaining, 10);
  EXPECT_EQ(deal.state().pending, 0);
}

TEST(Sweeper, KeepsAGrantWhoseOrderWasPlaced) {
  Deal deal;
  deal.grant(1, 4, "crashed");
  ASSERT_TRUE(is_accepted(deal.sale.order(order_of(1, {item(1, 4)}, "crashed"))));
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().remaining, 6);
  EXPECT_EQ(deal.state().pending, 0);
}

TEST(Sweeper, LeavesAYoungGrantAlone) {
  Deal deal({.sweep_age = std::chrono::hours(1)});
  deal.grant(1, 4, "young");
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().pending, 1);
}

}  // namespace
}  // namespace stampede::stock
