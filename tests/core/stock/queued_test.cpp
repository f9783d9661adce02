// Orders that are accepted and placed later: each ends placed or failed, visibly and once, however
// often it is delivered, and nothing is told that is not so.

#include <gtest/gtest.h>

#include "core/saga/events.hpp"
#include "tests/core/stock/deal.hpp"

namespace stampede::stock {
namespace {

using testing::Deal;
using testing::is_accepted;
using testing::is_refused;
using testing::item;
using testing::kProduct;
using testing::order_of;

const testing::DealOptions kQueued{.write = Write::kQueued};

TEST(QueuedOrder, IsAcceptedWithItsIdAndItsPriceAndPlacedByTheConsumer) {
  Deal deal(kQueued);
  const auto reply = deal.order(1, 3, "a");
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->status, Order::Status::kPending);
  EXPECT_EQ(reply->value->total, Money{300});
  EXPECT_EQ(deal.sale.stock(1), 10);
  EXPECT_FALSE(deal.stored(reply->value->id));
  EXPECT_TRUE(deal.deals->may_be_pending(reply->value->id));
  EXPECT_EQ(deal.deals->backlog(Deal::soon()).value(), 2);

  ASSERT_TRUE(deal.transport.deliver());
  const auto stored = deal.stored(reply->value->id);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->status, Order::Status::kCompleted);
  EXPECT_EQ(stored->request_key, "a");
  EXPECT_EQ(deal.sale.stock(1), 7);
  EXPECT_EQ(deal.state().pending, 0);
  EXPECT_EQ(deal.deals->backlog(Deal::soon()).value(), 0);
}

TEST(QueuedOrder, IsPlacedOnceHoweverOftenItIsDelivered) {
  Deal deal(kQueued);
  ASSERT_TRUE(is_accepted(deal.order(1, 3, "a")));
  const auto event = deal.transport.held().front();
  ASSERT_TRUE(deal.transport.deliver());
  ASSERT_TRUE(deal.transport.deliver(event));
  EXPECT_EQ(deal.sale.orders().size(), 1U);
  EXPECT_EQ(deal.state().remaining, 7);
}

TEST(QueuedOrder, HasOneIdHoweverOftenItIsSent) {
  Deal deal(kQueued);
  const auto first = deal.order(1, 3, "a");
  const auto second = deal.order(1, 3, "a");
  ASSERT_TRUE(is_accepted(first));
  ASSERT_TRUE(is_accepted(second));
  EXPECT_EQ(first->value->id, second->value->id);
  EXPECT_EQ(deal.state().remaining, 7);
  ASSERT_TRUE(deal.transport.deliver());
  EXPECT_EQ(deal.sale.stock(1), 7);
  // Also when it is sent again after it was placed.
  ASSERT_TRUE(is_accepted(deal.order(1, 3, "a")));
  ASSERT_TRUE(deal.transport.deliver());
  EXPECT_EQ(deal.sale.orders().size(), 1U);
  EXPECT_EQ(deal.state().remaining, 7);
}

TEST(QueuedOrder, ThatTheStoreRefusesFailsVisiblyAndStaysFailed) {
  Deal deal({.write = Write::kQueued, .stock = 1'000});
  const auto reply = deal.order(1, 900, "poor");
  ASSERT_TRUE(is_accepted(reply));
  const auto event = deal.transport.held().front();
  ASSERT_TRUE(deal.transport.deliver());
  const auto failed = deal.stored(reply->value->id);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, Order::Status::kFailed);
  EXPECT_EQ(failed->failure, "INSUFFICIENT_BALANCE");
  EXPECT_EQ(failed->request_key, "poor");
  EXPECT_EQ(deal.state().remaining, 1'000);
  ASSERT_TRUE(is_accepted(deal.sale.charge({UserId{1}, Money{1'000'000}, "rich", {}})));
  ASSERT_TRUE(deal.transport.deliver(event));
  EXPECT_EQ(deal.stored(reply->value->id)->status, Order::Status::kFailed);
  EXPECT_EQ(deal.sale.stock(1), 1'000);
}

TEST(QueuedOrder, IsRefusedAtTheDoorWhenTheGateIsEmpty) {
  Deal deal(kQueued);
  ASSERT_TRUE(is_accepted(deal.order(1, 10)));
  EXPECT_TRUE(is_refused(deal.order(2, 1), RefusalCode::kInsufficientStock));
}

TEST(QueuedOrder, IsOfItemsThatAreAllInADealElseItIsPlacedAtOnce) {
  Deal deal(kQueued);
  const auto mixed = deal.order(order_of(1, {item(1, 1), item(2, 1)}, "mixed"));
  ASSERT_TRUE(is_accepted(mixed));
  EXPECT_EQ(mixed->value->status, Order::Status::kCompleted);
  EXPECT_EQ(deal.state().remaining, 9);
  const auto other = deal.order(order_of(1, {item(2, 1)}, "other"));
  ASSERT_TRUE(is_accepted(other));
  EXPECT_EQ(other->value->status, Order::Status::kCompleted);
  EXPECT_TRUE(deal.transport.held().empty());
}

TEST(QueuedOrder, ThatWasNotHandedOverIsInDoubtAndGivenUpForGood) {
  Deal deal(kQueued);
  deal.transport.fail_next({ErrorCode::kUnavailable, "the broker is away"});
  const auto reply = deal.order(1, 4, "lost");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInDoubt);
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().remaining, 10);
  const auto given_up = deal.stored(order_id_of("lost"));
  ASSERT_TRUE(given_up);
  EXPECT_EQ(given_up->failure, "SAGA_TIMEOUT");
  // The event was on its way after all.
  auto late = *given_up;
  const auto event = saga::tell(saga::topic::kOrderRequested,
                                {.order = late, .completed_at = std::nullopt, .request = "lost"},
                                saga::EventKey::kOrder, "trace");
  ASSERT_TRUE(deal.transport.deliver(event));
  EXPECT_EQ(deal.sale.stock(1), 10);
  EXPECT_EQ(deal.stored(order_id_of("lost"))->status, Order::Status::kFailed);
}

// What is not queued is placed by its request, and may be swept while that is at it.
TEST(QueuedOrder, ThatIsPlacedAtOnceIsToldThatItWasGivenUpMeanwhile) {
  Deal deal(kQueued);
  const auto mixed = order_of(1, {item(1, 2), item(2, 1)}, "slow");
  deal.sale.store.before(0, [&] { ASSERT_TRUE(deal.deals->look_after()); });
  EXPECT_TRUE(is_refused(deal.order(mixed), RefusalCode::kSagaTimeout));
  EXPECT_EQ(deal.stored(order_id_of("slow"))->status, Order::Status::kFailed);
  // And so is whoever sends it again, also when the deal has ended.
  EXPECT_TRUE(is_refused(deal.order(mixed), RefusalCode::kSagaTimeout));
  EXPECT_EQ(deal.state().remaining, 10);
  EXPECT_EQ(deal.state().pending, 0);
  ASSERT_TRUE(deal.deals->end(kProduct, Deal::soon()));
  EXPECT_TRUE(is_refused(deal.order(mixed), RefusalCode::kSagaTimeout));
  EXPECT_EQ(deal.sale.stock(1), 10);
  EXPECT_EQ(deal.sale.stock(2), 10);
}

// The sweeper knows one claim of a request, which may have asked for more than that.
TEST(QueuedOrder, ThatWasGivenUpFailsItsRequestWhateverElseThatAskedFor) {
  Deal deal(kQueued);
  auto with_coupon = order_of(1, {item(1, 2)}, "coupon");
  with_coupon.coupon = CouponId{1};
  ASSERT_TRUE(is_accepted(deal.sale.add_to_cart({UserId{1}, item(1, 2), {}})));
  const auto cart = order_of(1, {}, "cart");
  for (const auto& request : {with_coupon, cart}) {
    deal.grant(1, 2, request.tag.key);
    ASSERT_TRUE(deal.deals->look_after());
    EXPECT_TRUE(is_refused(deal.order(request), RefusalCode::kSagaTimeout)) << request.tag.key;
  }
  EXPECT_EQ(deal.state().remaining, 10);
  EXPECT_EQ(deal.state().pending, 0);
}

TEST(QueuedOrder, ThatWasGivenUpKeepsItsKeyFromOtherRequests) {
  Deal deal(kQueued);
  deal.grant(1, 2, "crashed");
  ASSERT_TRUE(deal.deals->look_after());
  for (const auto& other :
       {order_of(1, {item(1, 3), item(2, 1)}, "crashed"),
        order_of(2, {item(1, 2), item(2, 1)}, "crashed"), order_of(1, {item(2, 2)}, "crashed")}) {
    EXPECT_TRUE(is_refused(deal.order(other), RefusalCode::kRequestKeyReused));
  }
  EXPECT_EQ(deal.state().remaining, 10);
  EXPECT_EQ(deal.state().pending, 0);
}

TEST(QueuedOrder, IsNotGivenUpWhileItWaitsForTheConsumer) {
  Deal deal(kQueued);
  ASSERT_TRUE(is_accepted(deal.order(1, 4, "waits")));
  ASSERT_TRUE(deal.deals->look_after());
  EXPECT_EQ(deal.state().pending, 1);
  EXPECT_FALSE(deal.stored(order_id_of("waits")));
}

TEST(QueuedOrder, IsPlacedBeforeItIsAnsweredWhereTheTransportIsSynchronous) {
  Deal deal({.write = Write::kQueued, .synchronous = true});
  ASSERT_TRUE(is_accepted(deal.order(1, 4, "now")));
  EXPECT_EQ(deal.sale.stock(1), 6);
  EXPECT_EQ(deal.state().pending, 0);
}

TEST(QueuedOrder, ThatCannotBeReadIsPutAside) {
  Deal deal(kQueued);
  ASSERT_TRUE(deal.transport.deliver(Event{
      .id = "x", .topic = "ORDER_REQUESTED", .key = "1", .payload = "{", .correlation = "trace"}));
  ASSERT_EQ(deal.transport.of_other_topics().size(), 1U);
  EXPECT_EQ(deal.transport.of_other_topics().front().topic, "ORDER_REQUESTED.DEAD");
}

}  // namespace
}  // namespace stampede::stock
