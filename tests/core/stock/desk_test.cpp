// Starting and ending deals: who is told what, what is waited for, and that the gate and the store
// agree in the end.

#include "core/stock/desk.hpp"

#include <gtest/gtest.h>

#include <future>
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

TEST(Desk, StartsADealOnceAndLoadsItFromTheStore) {
  Deal deal({.deals = 0});
  ASSERT_TRUE(is_accepted(deal.order(1, 4)));
  EXPECT_FALSE(deal.state().open);
  const auto started = deal.deals->start(kProduct, Deal::soon());
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->refusal, DealRefusal::kNone);
  EXPECT_EQ(started->remaining, 6);
  EXPECT_EQ(deal.deals->start(kProduct, Deal::soon())->refusal, DealRefusal::kRunning);
  EXPECT_TRUE(is_refused(deal.order(2, 7), RefusalCode::kInsufficientStock));
  EXPECT_EQ(deal.gate->stats().sold_out, 1);
}

TEST(Desk, StartsNoDealOfWhatDoesNotExistAndEndsNoneThatWasNotStarted) {
  Deal deal({.deals = 0});
  EXPECT_EQ(deal.deals->start(ProductId{99}, Deal::soon())->refusal, DealRefusal::kNoProduct);
  EXPECT_EQ(deal.deals->end(kProduct, Deal::soon())->refusal, DealRefusal::kNotRunning);
}

TEST(Desk, EndsADealWithTheFiguresOfBothAndLeavesItToTheStore) {
  Deal deal;
  ASSERT_TRUE(is_accepted(deal.order(1, 4)));
  const auto ended = deal.deals->end(kProduct, Deal::soon());
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->gate, 6);
  EXPECT_EQ(ended->store, 6);
  EXPECT_EQ(deal.deals->end(kProduct, Deal::soon())->refusal, DealRefusal::kNotRunning);
  ASSERT_TRUE(is_accepted(deal.order(2, 6)));
  EXPECT_EQ(deal.sale.stock(1), 0);
  // And may be started again.
  EXPECT_EQ(deal.deals->start(kProduct, Deal::soon())->remaining, 0);
}

TEST(Desk, EndsADealOnlyWhenTheGrantOfACrashIsSettled) {
  Deal deal;
  deal.grant(1, 4, "crashed");
  const auto ended = deal.deals->end(kProduct, Deal::soon());
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->gate, 10);
  EXPECT_EQ(ended->store, 10);
}

TEST(Desk, SaysThatGrantsAreOpenAndGoesOnEnding) {
  Deal deal({.sweep_age = std::chrono::hours(1)});
  deal.grant(1, 4, "young");
  const auto ended = deal.deals->end(kProduct, Clock::now() + std::chrono::milliseconds(20));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kTimeout);
  const auto refused = deal.order(2, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(
      deal.gate->settle(std::vector<SettledClaim>{{{resource_of(kProduct), UserId{1}, 4, "young"},
                                                   Settlement::kReturned}},
                        Deal::soon()));
  EXPECT_EQ(deal.deals->end(kProduct, Deal::soon())->gate, 10);
}

TEST(Desk, ListsTheDealsThatTakeOrdersTheOneStartedLastFirst) {
  Deal deal({.deals = 0, .sweep_age = std::chrono::hours(1)});
  EXPECT_TRUE(deal.deals->running().empty());
  const auto start = [&](std::int64_t product, std::int64_t at) {
    deal.sale.clock.set(at);
    ASSERT_TRUE(deal.deals->start(ProductId{product}, Deal::soon()));
  };
  start(2, 5'000);
  start(1, 6'000);
  start(3, 5'000);
  const std::vector<ProductId> all{ProductId{1}, ProductId{2}, ProductId{3}};
  EXPECT_EQ(deal.deals->running(), all);
  // One that is ending takes no orders any more; one that is started again is new.
  deal.sale.clock.set(7'000);
  deal.grant(1, 4, "young");
  ASSERT_FALSE(deal.deals->end(kProduct, Clock::now() + std::chrono::milliseconds(20)));
  ASSERT_TRUE(deal.deals->end(ProductId{3}, Deal::soon()));
  EXPECT_EQ(deal.deals->running(), std::vector<ProductId>{ProductId{2}});
  start(3, 8'000);
  const std::vector<ProductId> later{ProductId{3}, ProductId{2}};
  EXPECT_EQ(deal.deals->running(), later);
}

TEST(Desk, WaitsForTheConsumerBeforeItComparesAQueuedDeal) {
  Deal deal({.write = Write::kQueued});
  ASSERT_TRUE(is_accepted(deal.order(1, 4, "queued")));
  auto ending =
      std::async(std::launch::async, [&] { return deal.deals->end(kProduct, Deal::soon()); });
  const auto asked = deal.transport.asked() + 1;
  const auto deadline = Deal::soon();
  while (deal.transport.asked() < asked && Clock::now() < deadline) std::this_thread::yield();
  ASSERT_TRUE(deal.transport.deliver());
  const auto ended = ending.get();
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->gate, 6);
  EXPECT_EQ(ended->store, 6);
}

TEST(Desk, FindsNoDifferenceWhenADealEndsUnderOrders) {
  Deal deal({.stock = 100'000, .users = 8});
  std::atomic<bool> goes_on = true;
  std::atomic<int> placed = 0;
  std::vector<std::thread> buyers;
  for (int user = 1; user <= 4; ++user) {
    buyers.emplace_back([&, user] {
      while (goes_on) placed += is_accepted(deal.order(user, 1)) ? 1 : 0;
    });
  }
  const auto deadline = Deal::soon();
  while (placed < 40 && Clock::now() < deadline) std::this_thread::yield();
  const auto ended = deal.deals->end(kProduct, Deal::soon());
  goes_on = false;
  for (auto& buyer : buyers) buyer.join();
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->gate, ended->store);
  EXPECT_LT(ended->store, 100'000);
}

TEST(Desk, StartsADealUnderOrdersWithWhatTheStoreHasThen) {
  Deal deal({.deals = 0, .stock = 100'000, .users = 8});
  std::atomic<bool> goes_on = true;
  std::atomic<int> placed = 0;
  std::vector<std::thread> buyers;
  for (int user = 1; user <= 4; ++user) {
    buyers.emplace_back([&, user] {
      while (goes_on) placed += is_accepted(deal.order(user, 1)) ? 1 : 0;
    });
  }
  const auto deadline = Deal::soon();
  while (placed < 20 && Clock::now() < deadline) std::this_thread::yield();
  const auto started = deal.deals->start(kProduct, Deal::soon());
  goes_on = false;
  for (auto& buyer : buyers) buyer.join();
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(deal.state().remaining, deal.sale.stock(1));
  EXPECT_EQ(deal.deals->end(kProduct, Deal::soon())->gate, deal.sale.stock(1));
}

TEST(LostGate, RefusesUntilItIsLoadedFromTheStoreAndNeverSellsMore) {
  Deal deal;
  ASSERT_TRUE(is_accepted(deal.order(1, 4, "before")));
  ASSERT_TRUE(deal.gate->close(resource_of(kProduct), Deal::soon()));
  const auto refused = deal.order(2, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().remaining, 6);
  EXPECT_TRUE(is_refused(deal.order(2, 7), RefusalCode::kInsufficientStock));
  EXPECT_TRUE(is_accepted(deal.order(2, 6)));
  EXPECT_EQ(deal.sale.stock(1), 0);
}

TEST(LostGate, StaysClosedUntilTheConsumerHasPassedWhatWasGranted) {
  Deal deal({.write = Write::kQueued});
  ASSERT_TRUE(is_accepted(deal.order(1, 4, "granted")));
  ASSERT_TRUE(deal.gate->close(resource_of(kProduct), Deal::soon()));
  auto round = std::async(std::launch::async, [&] { return deal.deals->look_after(); });
  const auto asked = deal.transport.asked() + 2;
  const auto deadline = Deal::soon();
  while (deal.transport.asked() < asked && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(deal.state().open);
  ASSERT_TRUE(deal.transport.deliver());
  ASSERT_TRUE(round.get());
  EXPECT_TRUE(deal.state().open);
  EXPECT_EQ(deal.state().remaining, 6);
}

TEST(LostGate, IsNotComparedWhenItsDealEnds) {
  Deal deal;
  ASSERT_TRUE(deal.gate->close(resource_of(kProduct), Deal::soon()));
  const auto ended = deal.deals->end(kProduct, Deal::soon());
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->gate, std::nullopt);
  EXPECT_EQ(ended->store, 10);
}

TEST(HotDeals, AreLearntFromTheStoreByAnotherInstance) {
  Deal deal;
  HotDeals other({.inner = deal.sale.pipeline,
                  .store = deal.sale.store,
                  .transport = deal.transport,
                  .gate = *deal.gate,
                  .clock = deal.sale.clock,
                  .ids = deal.sale.ids,
                  .log = *deal.log,
                  .options = {}});
  Phases phases;
  Context context{Deal::soon(), phases};
  ASSERT_TRUE(other.look_after());
  EXPECT_TRUE(is_refused(other.place_order(order_of(1, {item(1, 11)}), context),
                         RefusalCode::kInsufficientStock));
  EXPECT_EQ(deal.gate->stats().sold_out, 1);
  // The deal ends here, and the other has not learnt of it: it goes to the store all the same.
  ASSERT_TRUE(deal.deals->end(kProduct, Deal::soon()));
  EXPECT_TRUE(is_accepted(other.place_order(order_of(1, {item(1, 4)}), context)));
  EXPECT_EQ(deal.sale.stock(1), 6);
}

TEST(HotDeals, OpenTheirGatesOnAThreadOfTheirOwn) {
  Deal deal;
  ASSERT_TRUE(deal.gate->close(resource_of(kProduct), Deal::soon()));
  ASSERT_TRUE(deal.deals->start());
  const auto deadline = Deal::soon();
  while (!deal.state().open && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(deal.state().open);
  deal.deals->stop();
}

}  // namespace
}  // namespace stampede::stock
