// A request that is sent again: the same key, the same answer, one effect.

#include "core/pipeline/idempotency.hpp"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::is_accepted;
using testing::is_refused;
using testing::item;
using testing::order_of;
using testing::Sale;

TEST(RequestFingerprint, IsTheSameOnEveryMachineAndInEveryBuild) {
  // FNV-1a over the bytes 01 00*7, 02 00*7 "ab", computed apart from this code: it is stored.
  EXPECT_EQ(Fingerprint(RequestRecord::Kind::kIssue).add("ab").value(), 0xD7F08D97D9DF7665ULL);
}

TEST(RequestFingerprint, TellsFieldsApart) {
  const auto of = [](std::string_view a, std::string_view b) {
    return Fingerprint(RequestRecord::Kind::kOrder).add(a).add(b).value();
  };
  EXPECT_NE(of("a", "bc"), of("ab", "c"));
  EXPECT_NE(Fingerprint(RequestRecord::Kind::kOrder).value(),
            Fingerprint(RequestRecord::Kind::kCart).value());
  EXPECT_NE(Fingerprint(RequestRecord::Kind::kOrder).add(1).add(2).value(),
            Fingerprint(RequestRecord::Kind::kOrder).add(2).add(1).value());
}

TEST(KeysInFlight, AreHeldByOneAtATimeUntilReleased) {
  InFlightKeys keys;
  {
    const auto first = keys.acquire("key");
    EXPECT_TRUE(first);
    EXPECT_FALSE(keys.acquire("key"));
    EXPECT_TRUE(keys.acquire("other"));
  }
  EXPECT_TRUE(keys.acquire("key"));
}

TEST(KeysInFlight, AreNotReleasedByWhoeverFailedToGetThem) {
  InFlightKeys keys;
  const auto first = keys.acquire("key");
  { EXPECT_FALSE(keys.acquire("key")); }
  EXPECT_FALSE(keys.acquire("key"));
}

TEST(KeysInFlight, DoNotCountTheEmptyKey) {
  InFlightKeys keys;
  const auto first = keys.acquire("");
  EXPECT_TRUE(keys.acquire(""));
}

TEST(RepeatedOrder, GivesTheFirstAnswerAndSellsOnce) {
  Sale sale;
  const auto first = sale.order(order_of(1, {item(3, 2), item(1, 1)}, "key"));
  ASSERT_TRUE(is_accepted(first));
  EXPECT_FALSE(first->replayed);
  sale.clock.set(4'000);
  const auto again = sale.order(order_of(1, {item(3, 2), item(1, 1)}, "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_TRUE(again->replayed);
  testing::expect_equal(*again->value, *first->value);
  EXPECT_EQ(sale.stock(3), 8);
  EXPECT_EQ(sale.orders().size(), 1U);
  EXPECT_EQ(sale.events().size(), 1U);
}

TEST(RepeatedOrder, IsTheSameRequestInAnotherOrderOfItems) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.order(order_of(1, {item(3, 2), item(1, 1)}, "key"))));
  const auto again = sale.order(order_of(1, {item(1, 1), item(3, 2)}, "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_TRUE(again->replayed);
}

TEST(RepeatedOrder, FromTheCartGivesTheFirstAnswerThoughTheCartIsEmpty) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.add_to_cart({UserId{1}, item(2, 3), {}})));
  const auto first = sale.order(order_of(1, {}, "key"));
  ASSERT_TRUE(is_accepted(first));
  const auto again = sale.order(order_of(1, {}, "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_TRUE(again->replayed);
  testing::expect_equal(*again->value, *first->value);
}

TEST(RepeatedOrder, WithAnotherBodyIsRefused) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.order(order_of(1, {item(3, 2)}, "key"))));
  auto with_coupon = order_of(1, {item(3, 2)}, "key");
  with_coupon.coupon = CouponId{1};
  for (const auto& other : {order_of(1, {item(3, 1)}, "key"), order_of(1, {item(2, 2)}, "key"),
                            order_of(2, {item(3, 2)}, "key"), order_of(1, {}, "key"),
                            order_of(1, {item(3, 2), item(4, 1)}, "key"), with_coupon}) {
    EXPECT_TRUE(is_refused(sale.order(other), RefusalCode::kRequestKeyReused));
  }
  EXPECT_TRUE(is_refused(sale.issue({UserId{1}, CouponId{3}, {"key", ""}}),
                         RefusalCode::kRequestKeyReused));
  EXPECT_EQ(sale.orders().size(), 1U);
}

TEST(RepeatedOrder, AfterARefusalIsDecidedAnew) {
  auto seed = testing::small_seed();
  seed.balance = Money{50};
  Sale sale({}, "per_user", seed);
  EXPECT_TRUE(
      is_refused(sale.order(order_of(1, {item(1, 1)}, "key")), RefusalCode::kInsufficientBalance));
  ASSERT_TRUE(is_accepted(sale.charge({UserId{1}, Money{50}, "t-1", {}})));
  const auto reply = sale.order(order_of(1, {item(1, 1)}, "key"));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_FALSE(reply->replayed);
}

TEST(RepeatedOrder, WithoutAKeyIsAnotherOrder) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.order(order_of(1, {item(1, 1)}))));
  ASSERT_TRUE(is_accepted(sale.order(order_of(1, {item(1, 1)}))));
  EXPECT_EQ(sale.orders().size(), 2U);
}

TEST(RepeatedOrder, FindsItsKeyWhenTheWorkIsRetried) {
  // The first attempt conflicts, and by the second another process has finished the request.
  Sale sale({}, "optimistic");
  Pipeline other(sale.store.inner(), *sale.lock, sale.payments, sale.clock, sale.ids, {});
  Result<Reply<Order>> first;
  sale.store.next({.runs = true, .commits = false, .answer = ErrorCode::kConflict});
  sale.store.before(1, [&] {
    Phases phases;
    Context context{Clock::now() + std::chrono::seconds(30), phases};
    first = other.place_order(order_of(1, {item(3, 2)}, "key"), context);
  });
  const auto second = sale.order(order_of(1, {item(3, 2)}, "key"));
  ASSERT_TRUE(is_accepted(first));
  ASSERT_TRUE(is_accepted(second));
  EXPECT_TRUE(second->replayed);
  testing::expect_equal(*second->value, *first->value);
  EXPECT_EQ(sale.stock(3), 8);
}

TEST(OrderInDoubt, IsAnsweredByWhatTheStoreHolds) {
  Sale sale;
  sale.store.next({.runs = true, .commits = true, .answer = ErrorCode::kInDoubt});
  const auto kept = sale.order(order_of(1, {item(3, 2)}));
  ASSERT_TRUE(is_accepted(kept));
  EXPECT_FALSE(kept->replayed);
  testing::expect_equal(*kept->value, sale.orders()[0]);

  sale.store.next({.runs = true, .commits = false, .answer = ErrorCode::kInDoubt});
  const auto lost = sale.order(order_of(1, {item(3, 2)}, "key"));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kInDoubt);
  EXPECT_EQ(sale.orders().size(), 1U) << "no money hangs on it: nothing is written about it";
  const auto again = sale.order(order_of(1, {item(3, 2)}, "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_FALSE(again->replayed);
}

// Runs `first` until it pays, then all of `meanwhile`, then lets the payment go through.
template <typename First, typename Meanwhile>
auto during_payment(Sale& sale, First first, Meanwhile meanwhile) {
  std::latch paying(1);
  std::latch go_on(1);
  sale.payments.answer([&](const OrderId&, Money) -> Result<Outcome> {
    paying.count_down();
    go_on.wait();
    return Outcome::commit();
  });
  auto running = std::async(std::launch::async, first);
  paying.wait();
  meanwhile();
  go_on.count_down();
  return running.get();
}

TEST(ConcurrentRequests, WithTheSameKeyAreRefusedUntilTheFirstIsDone) {
  for (const auto placement : {PaymentPlacement::kBeforeLock, PaymentPlacement::kInLock,
                               PaymentPlacement::kInTransaction}) {
    Sale sale({.payment = placement});
    const auto request = order_of(1, {item(3, 2)}, "key");
    const auto first = during_payment(
        sale, [&] { return sale.order(request); },
        [&] {
          EXPECT_TRUE(is_refused(sale.order(request), RefusalCode::kRequestInProgress));
          EXPECT_TRUE(is_refused(sale.order(order_of(2, {item(1, 1)}, "key")),
                                 RefusalCode::kRequestInProgress));
          EXPECT_TRUE(is_refused(sale.issue({UserId{2}, CouponId{3}, {"key", ""}}),
                                 RefusalCode::kRequestInProgress));
          EXPECT_TRUE(is_refused(sale.add_to_cart({UserId{2}, item(1, 1), {"key", ""}}),
                                 RefusalCode::kRequestInProgress));
          EXPECT_TRUE(is_refused(sale.charge({UserId{2}, Money{1}, "t-1", {"key", ""}}),
                                 RefusalCode::kRequestInProgress));
          EXPECT_TRUE(is_accepted(sale.issue({UserId{2}, CouponId{3}, {"other", ""}})));
        });
    ASSERT_TRUE(is_accepted(first));
    const auto again = sale.order(request);
    ASSERT_TRUE(is_accepted(again));
    EXPECT_TRUE(again->replayed);
    testing::expect_equal(*again->value, *first->value);
    EXPECT_EQ(sale.payments.calls(), 1);
    EXPECT_EQ(sale.stock(3), 8);
  }
}

TEST(ConcurrentRequests, InTwoProcessesMakeOneEffect) {
  // Each pipeline stands for a process: their keys in flight are not shared, the store is.
  for (const char* lock : {"atomic", "optimistic", "unprotected"}) {
    Sale sale({.payment = PaymentPlacement::kInTransaction}, lock);
    testing::ScriptedPayments others;
    Pipeline other(sale.store, *sale.lock, others, sale.clock, sale.ids,
                   {.payment = PaymentPlacement::kInTransaction});
    Result<Reply<Order>> winner;
    const auto request = order_of(1, {item(3, 2)}, "key");
    const auto loser = during_payment(
        sale, [&] { return sale.order(request); },
        [&] {
          auto context = sale.context();
          winner = other.place_order(request, context);
        });
    ASSERT_TRUE(is_accepted(winner)) << lock;
    // Whoever learns of it at commit is refused; whoever is run again finds the answer.
    ASSERT_TRUE(loser) << loser.error().message;
    EXPECT_TRUE(loser->replayed || loser->refusal == RefusalCode::kRequestInProgress) << lock;
    EXPECT_EQ(sale.orders().size(), 1U) << lock;
    EXPECT_EQ(sale.stock(3), 8) << lock;
    EXPECT_TRUE(sale.payments.held().empty()) << lock << ": the loser's payment is given back";
    EXPECT_EQ(others.held().size(), 1U) << lock;
  }
}

TEST(ConcurrentRequests, WithTheSameKeyHaveOneEffectWhoeverIsFirst) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 20; ++round) {
    Sale sale;
    const auto request = order_of(1, {item(3, 1)}, "key");
    std::latch ready(kThreads);
    std::vector<Result<Reply<Order>>> replies(kThreads);
    {
      std::vector<std::jthread> threads;
      for (auto& reply : replies) {
        threads.emplace_back([&] {
          ready.arrive_and_wait();
          reply = sale.order(request);
        });
      }
    }
    int first = 0;
    for (const auto& reply : replies) {
      ASSERT_TRUE(reply);
      if (!reply->value) {
        EXPECT_EQ(reply->refusal, RefusalCode::kRequestInProgress);
        continue;
      }
      if (!reply->replayed) ++first;
      testing::expect_equal(*reply->value, sale.orders()[0]);
    }
    EXPECT_EQ(first, 1);
    EXPECT_EQ(sale.stock(3), 9);
    EXPECT_EQ(sale.events().size(), 1U);
  }
}

TEST(ConcurrentRequests, WithTheSameTransactionIdChargeOnce) {
  constexpr int kThreads = 4;
  Sale sale;
  std::latch ready(kThreads);
  std::atomic<int> charged = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        ready.arrive_and_wait();
        const auto reply = sale.charge({UserId{1}, Money{500}, "t-1", {}});
        ASSERT_TRUE(reply);
        if (reply->value && !reply->replayed) ++charged;
      });
    }
  }
  EXPECT_EQ(charged, 1);
  EXPECT_EQ(sale.balance(1), 10'500);
}

}  // namespace
}  // namespace stampede::pipeline
