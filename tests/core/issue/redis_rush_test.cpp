// Coupon rushes over a real Redis that fails in the middle: whatever it loses, everybody who was
// accepted is issued a coupon or told why not, and nobody gets two.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/issue/rush.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede::issue {
namespace {

using pipeline::testing::is_accepted;
using pipeline::testing::is_refused;
using testing::failed;
using testing::kCoupon;
using testing::kIssued;
using testing::Rush;
using testing::RushOptions;

class RedisRush : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = test::RedisNodes::missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    redis_ = std::make_unique<test::RedisNodes>(1);
  }

  RushOptions options(const std::string& gate, GateAt gate_at = GateAt::kAccept) {
    return {.gate_name = gate,
            .gate_settings = {{"url", redis_->url(0)}, {"timeout", "10s"}},
            .gate_at = gate_at};
  }

  std::unique_ptr<test::RedisNodes> redis_;
};

TEST_F(RedisRush, LosesNothingWhenRedisIsEmptiedBetweenTheGrantAndTheIssue) {
  Rush rush(options("redis_lua"));
  ASSERT_TRUE(is_accepted(rush.accept(7, "before")));
  redis_->ask(0, {"FLUSHALL"});
  const auto closed = rush.accept(8, "during");
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable);

  ASSERT_TRUE(rush.transport.deliver());    // The consumer passes what was published,
  ASSERT_TRUE(rush.issuing->look_after());  // and the gate is opened.
  EXPECT_EQ(rush.status("before"), kIssued);
  EXPECT_TRUE(is_refused(rush.accept(7, "again"), RefusalCode::kCouponAlreadyIssued));
  EXPECT_TRUE(is_accepted(rush.accept(8, "after")));
  EXPECT_TRUE(is_refused(rush.accept(9, "late"), RefusalCode::kCouponSoldOut));
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("after"), kIssued);
  EXPECT_EQ(rush.issued(), 2);
  EXPECT_EQ(rush.issuing->backlog(Rush::soon()).value(), 0);
}

TEST_F(RedisRush, EndsTheSameWhenRedisIsEmptiedInFrontOfTheConsumer) {
  Rush rush(options("redis_lua", GateAt::kConsume));
  for (const std::int64_t user : {7, 8, 9}) {
    ASSERT_TRUE(is_accepted(rush.accept(user, std::to_string(user))));
  }
  redis_->ask(0, {"FLUSHALL"});
  EXPECT_FALSE(rush.transport.deliver());
  ASSERT_TRUE(rush.issuing->look_after());
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("7"), kIssued);
  EXPECT_EQ(rush.status("8"), kIssued);
  EXPECT_EQ(rush.status("9"), failed("SOLD_OUT"));
}

TEST_F(RedisRush, IsFinishedByTheNextServerWhenOneDiedAfterAGrant) {
  auto dying = std::make_unique<Rush>(options("redis_lua"));
  dying->transport.fail_next({ErrorCode::kUnavailable, "the server dies here"});
  ASSERT_FALSE(dying->accept(7, "mine"));
  dying.reset();
  // Its store is gone with it, as memory is; that of the next one has the same coupons.
  Rush next(options("redis_lua"));
  ASSERT_TRUE(next.issuing->look_after());
  ASSERT_EQ(next.transport.held().size(), 1U);
  ASSERT_TRUE(next.transport.deliver());
  EXPECT_EQ(next.status("mine"), kIssued);
  EXPECT_EQ(next.state().remaining, 1);
}

TEST_F(RedisRush, OfARedisListIssuesNobodyTwoEvenWhereTheListGivesTwo) {
  Rush rush(options("redis_list"));
  ASSERT_TRUE(is_accepted(rush.accept(7, "a")));
  redis_->ask(0, {"SREM", "stampede:gate:{coupon:3}:winners", "7"});  // As if both had looked.
  ASSERT_TRUE(is_accepted(rush.accept(7, "b")));
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("a"), kIssued);
  EXPECT_EQ(rush.status("b"), failed("ALREADY_ISSUED"));
  EXPECT_EQ(rush.sale.coupons(7).size(), 1U);
  EXPECT_EQ(rush.issued(), 1);
}

}  // namespace
}  // namespace stampede::issue
