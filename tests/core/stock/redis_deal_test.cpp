// Hot deals over a real Redis that loses its data in the middle: never is more sold than there was,
// and in the end the gate and the store agree.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/core/stock/deal.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede::stock {
namespace {

using testing::Deal;
using testing::DealOptions;
using testing::is_accepted;
using testing::is_refused;
using testing::kProduct;

class RedisDeal : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = test::RedisNodes::missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    redis_ = std::make_unique<test::RedisNodes>(1);
  }

  DealOptions options(Write write = Write::kSync) {
    return {.write = write,
            .gate_name = "redis_lua",
            .gate_settings = {{"url", redis_->url(0)}, {"timeout", "10s"}}};
  }

  std::unique_ptr<test::RedisNodes> redis_;
};

TEST_F(RedisDeal, RefusesWhenRedisWasEmptiedUntilItIsLoadedFromTheStore) {
  Deal deal(options(Write::kQueued));
  ASSERT_TRUE(is_accepted(deal.order(1, 4, "before")));
  redis_->ask(0, {"FLUSHALL"});
  const auto closed = deal.order(2, 1, "during");
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(deal.transport.deliver());
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().remaining, 6);
  EXPECT_TRUE(is_accepted(deal.order(1, 4, "before")));  // It holds what it was granted.
  EXPECT_EQ(deal.state().remaining, 6);
  EXPECT_TRUE(is_refused(deal.order(2, 7, "more"), RefusalCode::kInsufficientStock));
}

TEST_F(RedisDeal, NeverSellsMoreThanThereIsWhileRedisIsEmptiedAgainAndAgain) {
  auto wanted = options();
  wanted.stock = 60;
  wanted.users = 8;
  Deal deal(wanted);
  std::atomic<std::int64_t> placed = 0;
  std::atomic<bool> goes_on = true;
  std::vector<std::thread> buyers;
  for (int user = 1; user <= 4; ++user) {
    buyers.emplace_back([&, user] {
      while (goes_on) {
        const auto reply = deal.order(user, 1);
        if (is_accepted(reply)) ++placed;
        if (is_refused(reply, RefusalCode::kInsufficientStock)) break;
      }
    });
  }
  const auto deadline = Deal::soon();
  for (std::int64_t at : {10, 20, 30}) {
    while (placed < at && Clock::now() < deadline) std::this_thread::yield();
    redis_->ask(0, {"FLUSHALL"});
    EXPECT_TRUE(deal.deals->look_after());
  }
  while (placed < 60 && Clock::now() < deadline) std::this_thread::yield();
  goes_on = false;
  for (auto& buyer : buyers) buyer.join();
  EXPECT_EQ(placed, 60);
  EXPECT_EQ(deal.sale.stock(1), 0);
  const auto ended = deal.deals->end(kProduct, Deal::soon());
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->gate, 0);
  EXPECT_EQ(ended->store, 0);
}

TEST_F(RedisDeal, IsFinishedByTheNextServerWhenOneDiedAfterAGrant) {
  Deal deal(options());
  deal.grant(1, 4, "dying");
  deal.deals.reset();
  HotDeals next({.inner = deal.sale.pipeline,
                 .store = deal.sale.store,
                 .transport = deal.transport,
                 .gate = *deal.gate,
                 .clock = deal.sale.clock,
                 .ids = deal.sale.ids,
                 .log = *deal.log,
                 .options = {.sweep_age = std::chrono::nanoseconds(0)}});
  ASSERT_TRUE(next.look_after());
  EXPECT_EQ(deal.state().remaining, 10);
  EXPECT_EQ(deal.state().pending, 0);
}

}  // namespace
}  // namespace stampede::stock
