// The gate is opened from the store, when the consumer has passed what was published before; and
// what was published again is left alone for a while.

#include "core/issue/caretaker.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/core/issue/rush.hpp"

namespace stampede::issue {
namespace {

using pipeline::testing::is_accepted;
using pipeline::testing::is_refused;
using testing::kCoupon;
using testing::kIssued;
using testing::Rush;

TEST(ClosedGate, LetsNobodyInUntilItIsOpenedFromTheStore) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(7, "a")));
  ASSERT_TRUE(rush.transport.deliver());
  ASSERT_TRUE(rush.gate->close(resource_of(kCoupon), Rush::soon()));
  const auto closed = rush.accept(8, "b");
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(rush.issuing->look_after());
  EXPECT_EQ(rush.state().remaining, 1);
  EXPECT_TRUE(is_refused(rush.accept(7, "c"), RefusalCode::kCouponAlreadyIssued));
  EXPECT_TRUE(is_accepted(rush.accept(8, "d")));
  EXPECT_TRUE(is_refused(rush.accept(9, "e"), RefusalCode::kCouponSoldOut));
}

TEST(ClosedGate, SaysThatACouponDoesNotExist) {
  Rush rush;
  EXPECT_TRUE(is_refused(rush.accept(7, "a", CouponId{99}), RefusalCode::kCouponNotFound));
}

TEST(ClosedGate, HoldsTheConsumerUpWhichAsksItItself) {
  Rush rush({.gate_at = GateAt::kConsume});
  ASSERT_TRUE(rush.gate->close(resource_of(kCoupon), Rush::soon()));
  ASSERT_TRUE(is_accepted(rush.accept(7, "a")));
  EXPECT_FALSE(rush.transport.deliver());
  // What waits is not waited for: nothing of it was granted.
  ASSERT_TRUE(rush.issuing->look_after());
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(rush.status("a"), kIssued);
}

// A gate whose memory is lost: the requests that it had granted are published, and not yet issued.
TEST(LostGate, StaysClosedUntilTheConsumerHasPassedWhatWasGranted) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(7, "a")));
  ASSERT_TRUE(is_accepted(rush.accept(8, "b")));
  plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
  const auto empty = std::move(catalog.create<Gate>("memory").value());
  Epochs epochs;
  Counters counters;
  Caretaker caretaker({.store = rush.sale.store,
                       .gate = *empty,
                       .transport = rush.transport,
                       .epochs = epochs,
                       .counters = counters,
                       .log = *rush.log,
                       .options = {}});
  auto round = std::async(std::launch::async, [&] { return caretaker.round(); });
  // Twice: the first answer was looked at when the second is asked for. Coupons 1 and 2 are first.
  const auto asked = rush.transport.asked() + 4;
  const auto deadline = Rush::soon();
  while (rush.transport.asked() < asked && Clock::now() < deadline) std::this_thread::yield();
  const auto open = [&] { return empty->state(resource_of(kCoupon), Rush::soon())->open; };
  EXPECT_FALSE(open());

  ASSERT_TRUE(rush.transport.deliver());
  ASSERT_TRUE(round.get());
  EXPECT_TRUE(open());
  EXPECT_EQ(empty->state(resource_of(kCoupon), Rush::soon())->remaining, 0);
  EXPECT_EQ(empty->state(resource_of(kCoupon), Rush::soon())->holders, 2);
}

TEST(LostGate, IsNotOpenedWhileAGrantIsOnItsWayToTheTransport) {
  Rush rush;
  Epochs epochs;
  Counters counters;
  ASSERT_TRUE(rush.gate->close(resource_of(kCoupon), Rush::soon()));
  Caretaker caretaker({.store = rush.sale.store,
                       .gate = *rush.gate,
                       .transport = rush.transport,
                       .epochs = epochs,
                       .counters = counters,
                       .log = *rush.log,
                       .options = {}});
  auto visit = epochs.enter();
  auto round = std::async(std::launch::async, [&] { return caretaker.round(); });
  EXPECT_EQ(round.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_FALSE(rush.state().open);
  visit.reset();
  ASSERT_TRUE(round.get());
  EXPECT_TRUE(rush.state().open);
}

TEST(Sweeper, GivesACopyTwiceTheTimeBeforeTheNext) {
  Rush rush;
  ASSERT_TRUE(is_accepted(rush.accept(7, "a")));
  rush.transport.drop();
  Epochs epochs;
  Counters counters;
  const auto start = Clock::now();
  std::chrono::milliseconds passed{0};
  Caretaker caretaker({.store = rush.sale.store,
                       .gate = *rush.gate,
                       .transport = rush.transport,
                       .epochs = epochs,
                       .counters = counters,
                       .log = *rush.log,
                       .options = {.sweep_age = std::chrono::nanoseconds(0)},
                       .now = [&] { return start + passed; }});
  const auto copies_at = [&](int milliseconds) {
    passed = std::chrono::milliseconds(milliseconds);
    EXPECT_TRUE(caretaker.round());
    return counters.republished.load();
  };
  EXPECT_EQ(copies_at(0), 1);
  EXPECT_EQ(copies_at(999), 1);
  EXPECT_EQ(copies_at(1'000), 2);
  EXPECT_EQ(copies_at(2'999), 2);
  EXPECT_EQ(copies_at(3'000), 3);
  ASSERT_TRUE(rush.transport.deliver());
  EXPECT_EQ(copies_at(100'000), 3);
  EXPECT_EQ(rush.issued(), 1);
}

TEST(Caretaker, OpensTheGateOnAThreadOfItsOwnWhenItIsWoken) {
  Rush rush;
  ASSERT_TRUE(rush.gate->close(resource_of(kCoupon), Rush::soon()));
  ASSERT_TRUE(rush.issuing->start());
  const auto deadline = Rush::soon();
  while (!rush.state().open && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(rush.state().open);
  rush.issuing->stop();
}

TEST(Epochs, AreWaitedForWhoeverEnteredBeforeAndNobodyElse) {
  Epochs epochs;
  auto before = epochs.enter();
  EXPECT_FALSE(epochs.wait_for_earlier(Clock::now()));
  auto between = epochs.enter();
  EXPECT_FALSE(epochs.wait_for_earlier(Clock::now()));
  between.reset();
  EXPECT_FALSE(epochs.wait_for_earlier(Clock::now()));  // The first one is still inside.
  auto waiting =
      std::async(std::launch::async, [&] { return epochs.wait_for_earlier(Rush::soon()); });
  before.reset();
  EXPECT_TRUE(waiting.get());
}

}  // namespace
}  // namespace stampede::issue
