// Asynchronous coupon issue from the door to the store: what a client is told, what becomes of its
// request, and that nothing is lost or issued twice on the way.

#include "core/issue/issuing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "core/issue/issue_request.hpp"
#include "tests/core/issue/rush.hpp"

namespace stampede::issue {
namespace {

using pipeline::testing::is_accepted;
using pipeline::testing::is_refused;
using testing::failed;
using testing::kCoupon;
using testing::kIssued;
using testing::kPending;
using testing::Rush;

TEST(IssueRequest, IsPendingUntilTheConsumerHasIssuedIt) {
  Rush rush;
  const auto reply = rush.accept(7, "mine");
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(*reply->value, "mine");
  EXPECT_EQ(rush.status("mine"), kPending);
  EXPECT_EQ(rush.issued(), 0);
  EXPECT_GT(rush.issuing->backlog(Rush::soon()).value(), 0);

  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("mine"), kIssued);
  EXPECT_EQ(rush.sale.coupons(7).at(0).request_key, "mine");
  EXPECT_EQ(rush.state().pending, 0);
  EXPECT_EQ(rush.state().holders, 1);
  EXPECT_EQ(rush.issuing->backlog(Rush::soon()).value(), 0);
}

TEST(IssueRequest, WithoutAKeyGetsAnIdOfItsOwn) {
  Rush rush;
  const auto first = rush.accept(7);
  const auto second = rush.accept(8);
  ASSERT_TRUE(is_accepted(first) && is_accepted(second));
  EXPECT_NE(*first->value, *second->value);
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status(*first->value), kIssued);
}

TEST(IssueRequest, TravelsAsAnEventThatNamesItAndItsCorrelation) {
  Rush by_coupon;
  ASSERT_TRUE(is_accepted(by_coupon.accept(7, "mine")));
  const auto event = by_coupon.transport.held().at(0);
  EXPECT_EQ(event.topic, "COUPON_ISSUE_REQUESTED");
  EXPECT_EQ(event.id, "mine");
  EXPECT_EQ(event.key, "3");
  EXPECT_EQ(event.correlation, "trace-mine");
  EXPECT_EQ(nlohmann::json::parse(event.payload),
            (nlohmann::json{{"requestId", "mine"}, {"userId", 7}, {"couponId", 3}}));
  Rush by_user({.key = EventKey::kUser});
  ASSERT_TRUE(is_accepted(by_user.accept(7, "mine")));
  EXPECT_EQ(by_user.transport.held().at(0).key, "7");
}

TEST(IssueRequest, IsRefusedAtTheDoorWhereTheGateKnows) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(7, "a")));
  EXPECT_TRUE(is_refused(rush.accept(7, "b"), RefusalCode::kCouponAlreadyIssued));
  ASSERT_TRUE(is_accepted(rush.accept(8, "c")));
  EXPECT_TRUE(is_refused(rush.accept(9, "d"), RefusalCode::kCouponSoldOut));
  EXPECT_EQ(rush.transport.held().size(), 2U);
}

TEST(IssueRequest, IsAlwaysAcceptedWhereTheConsumerDecides) {
  for (const bool with_gate : {true, false}) {
    Rush rush({.gate = with_gate, .gate_at = GateAt::kConsume});
    for (const std::int64_t user : {7, 8, 9}) {
      ASSERT_TRUE(is_accepted(rush.accept(user, std::to_string(user))));
    }
    ASSERT_TRUE(is_accepted(rush.accept(7, "again")));
    ASSERT_TRUE(rush.transport.deliver());
    EXPECT_EQ(rush.status("7"), kIssued);
    EXPECT_EQ(rush.status("8"), kIssued);
    EXPECT_EQ(rush.status("9"), failed("SOLD_OUT"));
    EXPECT_EQ(rush.status("again"), failed("ALREADY_ISSUED"));
    EXPECT_EQ(rush.issued(), 2);
  }
}

TEST(IssueRequest, ThatTheStoreRefusesFailsVisiblyAndIsReturned) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(99, "nobody")));
  EXPECT_EQ(rush.state().remaining, 1);
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("nobody"), failed("USER_NOT_FOUND"));
  EXPECT_EQ(rush.state().remaining, 2);
  EXPECT_EQ(rush.state().pending, 0);
  const auto listed = rush.issuing->failed_after("", 10, Rush::soon());
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->at(0).request.id, "nobody");
  EXPECT_EQ(listed->at(0).request.user, UserId{99});
  EXPECT_EQ(listed->at(0).request.coupon, kCoupon);
  EXPECT_EQ(listed->at(0).reason, "USER_NOT_FOUND");
  EXPECT_TRUE(rush.issuing->failed_after("nobody", 10, Rush::soon())->empty());
}

TEST(IssueRequest, DeliveredTwiceIsIssuedOnce) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(7, "mine")));
  const auto event = rush.transport.held().at(0);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(rush.transport.deliver(event));
  EXPECT_EQ(rush.status("mine"), kIssued);
  EXPECT_EQ(rush.sale.coupons(7).size(), 1U);
  EXPECT_EQ(rush.issued(), 1);
  EXPECT_EQ(rush.state().remaining, 1);
}

TEST(IssueRequest, ThatHasFailedStaysFailedWhenItIsDeliveredAgain) {
  Rush rush;
  rush.sale.clock.set(100);  // Before the coupon is valid.
  ASSERT_TRUE(is_accepted(rush.accept(7, "early")));
  const auto event = rush.transport.held().at(0);
  ASSERT_TRUE(rush.transport.deliver(event));
  EXPECT_EQ(rush.status("early"), failed("COUPON_NOT_ACTIVE"));
  rush.sale.clock.set(1'000);
  ASSERT_TRUE(rush.transport.deliver(event));
  EXPECT_EQ(rush.status("early"), failed("COUPON_NOT_ACTIVE"));
  EXPECT_EQ(rush.issued(), 0);
  EXPECT_EQ(rush.state().remaining, 2);
}

TEST(IssueRequest, IsDeliveredAgainAfterAFaultOfTheStore) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(7, "a")));
  ASSERT_TRUE(is_accepted(rush.accept(8, "b")));
  rush.sale.store.next({.runs = false, .commits = false, .answer = ErrorCode::kUnavailable});
  EXPECT_FALSE(rush.transport.deliver());
  EXPECT_EQ(rush.state().pending, 1);  // The other one of the batch is done.
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("a"), kIssued);
  EXPECT_EQ(rush.status("b"), kIssued);
  EXPECT_EQ(rush.state().pending, 0);
}

TEST(IssueRequest, ThatCannotBeReadIsPutAsideAndHoldsNobodyUp) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(7, "mine")));
  const Event unreadable{.id = "x",
                         .topic = std::string(kTopic),
                         .key = "3",
                         .payload = R"({"requestId":"x","userId":"seven"})",
                         .correlation = ""};
  ASSERT_TRUE(rush.transport.publish({&unreadable, 1}, Rush::soon()));
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("mine"), kIssued);
  ASSERT_EQ(rush.transport.of_other_topics().size(), 1U);
  EXPECT_EQ(rush.transport.of_other_topics()[0].topic, kDeadTopic);
}

TEST(IssueRequest, ThatWasGrantedButNotPublishedIsPublishedByTheSweeper) {
  Rush rush;
  rush.transport.fail_next({ErrorCode::kUnavailable, "no broker"});
  const auto reply = rush.accept(7, "mine");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInDoubt);
  EXPECT_TRUE(rush.transport.held().empty());
  EXPECT_GT(rush.issuing->backlog(Rush::soon()).value(), 0);

  ASSERT_TRUE(rush.issuing->look_after());
  ASSERT_EQ(rush.transport.held().size(), 1U);
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("mine"), kIssued);
  EXPECT_EQ(rush.state().pending, 0);
  ASSERT_TRUE(rush.issuing->look_after());
  EXPECT_TRUE(rush.transport.held().empty());
}

TEST(IssueRequest, IsNotSweptBeforeItIsOldEnough) {
  Rush rush({.sweep_age = std::chrono::hours(1)});
  ASSERT_TRUE(is_accepted(rush.accept(7, "mine")));
  rush.transport.drop();
  ASSERT_TRUE(rush.issuing->look_after());
  EXPECT_TRUE(rush.transport.held().empty());
}

TEST(IssueRequest, IsIssuedWhenTheDoorAnswersWhereTheTransportIsSynchronous) {
  Rush rush({.synchronous = true});
  ASSERT_TRUE(is_accepted(rush.accept(7, "mine")));
  EXPECT_EQ(rush.status("mine"), kIssued);
  EXPECT_TRUE(is_refused(rush.accept(7, "again"), RefusalCode::kCouponAlreadyIssued));
}

TEST(IssueRequest, RushedByManyIsIssuedAsOftenAsThereAreCoupons) {
  Rush rush({.synchronous = true});
  std::atomic<int> accepted = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::int64_t user = 6; user <= 20; ++user) {
          const auto reply = rush.accept(user, std::to_string(thread) + "-" + std::to_string(user));
          ASSERT_TRUE(reply) << reply.error().message;
          if (reply->value) ++accepted;
        }
      });
    }
  }
  EXPECT_EQ(accepted, 2);
  EXPECT_EQ(rush.issued(), 2);
  EXPECT_EQ(rush.state().remaining, 0);
}

}  // namespace
}  // namespace stampede::issue
