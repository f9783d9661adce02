// Time, ids and payments as the running server uses them.

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "core/pipeline/simulated_payments.hpp"
#include "core/pipeline/system_sources.hpp"
#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline {
namespace {

using std::chrono::milliseconds;
using testing::CountedIds;
using testing::SetClock;

TEST(SystemClock, TellsTheTimeOfTheMachine) {
  SystemClock clock;
  const auto before = std::chrono::system_clock::now();
  const auto now = clock.now();
  EXPECT_GE(now, std::chrono::floor<std::chrono::microseconds>(before));
  EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(OrderIds, AreUuidsOfVersionSevenWithTheTimeInFront) {
  SetClock clock;
  clock.set(0x018F4C1E7B2A * std::int64_t{1'000});
  UuidGenerator ids(clock);
  const auto text = to_string(ids.next());
  EXPECT_EQ(text.substr(0, 14), "018f4c1e-7b2a-");
  EXPECT_EQ(text[14], '7');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
}

TEST(OrderIds, RiseWithinAMillisecondAndWhenTheClockStepsBack) {
  SetClock clock;
  clock.set(1'000'000'000);
  UuidGenerator ids(clock);
  auto last = ids.next();
  for (int i = 0; i < 10'000; ++i) {  // More than one millisecond's counter holds.
    if (i == 5'000) clock.set(1'000);
    const auto id = ids.next();
    ASSERT_LT(last, id);
    last = id;
  }
}

TEST(OrderIds, OfTwoProcessesDifferAtTheSameMoment) {
  SetClock clock;
  UuidGenerator one(clock);
  UuidGenerator other(clock);
  EXPECT_NE(one.next(), other.next());
}

TEST(OrderIds, AreUniqueAndRiseForEachOfManyThreads) {
  SystemClock clock;
  UuidGenerator ids(clock);
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  std::vector<std::vector<OrderId>> made(kThreads);
  std::latch ready(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&] {
        ready.arrive_and_wait();
        for (int i = 0; i < kEach; ++i) mine.push_back(ids.next());
      });
    }
  }
  std::set<OrderId> all;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), std::size_t{kThreads} * kEach);
}

TEST(SimulatedPayments, TakeMoneyOnceForEachOrder) {
  SimulatedPayments payments({});
  CountedIds ids;
  const auto order = ids.next();
  EXPECT_TRUE(payments.pay(order, Money{50})->committed());
  EXPECT_TRUE(payments.pay(order, Money{50})->committed());
  EXPECT_EQ(payments.totals().payments, 1);
  EXPECT_EQ(payments.totals().paid, Money{50});
  EXPECT_FALSE(payments.pay(order, Money{51}));
}

TEST(SimulatedPayments, RefundOnceAndOnlyWhatWasPaid) {
  SimulatedPayments payments({});
  CountedIds ids;
  const auto paid = ids.next();
  EXPECT_TRUE(payments.refund(ids.next()));
  EXPECT_EQ(payments.totals().refunds, 0);
  EXPECT_TRUE(payments.pay(paid, Money{50}));
  EXPECT_TRUE(payments.refund(paid));
  EXPECT_TRUE(payments.refund(paid));
  EXPECT_EQ(payments.totals().refunds, 1);
  EXPECT_EQ(payments.totals().refunded, Money{50});
  EXPECT_FALSE(payments.pay(paid, Money{50})->committed());
}

std::vector<bool> decisions(SimulatedPaymentsOptions options, int count) {
  SimulatedPayments payments(options);
  CountedIds ids;
  std::vector<bool> paid;
  for (int i = 0; i < count; ++i) paid.push_back(payments.pay(ids.next(), Money{1})->committed());
  return paid;
}

TEST(SimulatedPayments, DeclineTheShareTheyWereAskedTo) {
  const auto share = [](double rate) {
    const auto paid = decisions({.failure_rate = rate, .seed = 7}, 2'000);
    return static_cast<double>(std::count(paid.begin(), paid.end(), false)) / 2'000;
  };
  EXPECT_EQ(share(0), 0);
  EXPECT_EQ(share(1), 1);
  EXPECT_NEAR(share(0.3), 0.3, 0.05);
}

TEST(SimulatedPayments, DecideTheSameForTheSameSeed) {
  const SimulatedPaymentsOptions options{.failure_rate = 0.5, .seed = 7};
  EXPECT_EQ(decisions(options, 100), decisions(options, 100));
  EXPECT_NE(decisions(options, 100), decisions({.failure_rate = 0.5, .seed = 8}, 100));
}

TEST(SimulatedPayments, TakeAtLeastTheirLatencyLessTheJitter) {
  SimulatedPayments payments({.latency = milliseconds(6), .jitter = milliseconds(4)});
  CountedIds ids;
  for (int i = 0; i < 5; ++i) {
    const auto started = Clock::now();
    EXPECT_TRUE(payments.pay(ids.next(), Money{1}));
    EXPECT_GE(Clock::now() - started, milliseconds(2));
  }
}

TEST(SimulatedPayments, KeepTheirBooksUnderConcurrentCalls) {
  SimulatedPayments payments({.jitter = std::chrono::microseconds(50), .failure_rate = 0.5});
  CountedIds ids;
  std::vector<OrderId> orders;
  for (int i = 0; i < 200; ++i) orders.push_back(ids.next());
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (const auto& order : orders) {
          EXPECT_TRUE(payments.pay(order, Money{3}));
          EXPECT_TRUE(payments.refund(order));
        }
      });
    }
  }
  const auto totals = payments.totals();
  EXPECT_EQ(totals.payments + totals.declines, 200);
  EXPECT_EQ(totals.refunds, totals.payments);
  EXPECT_EQ(totals.paid, totals.refunded);
}

}  // namespace
}  // namespace stampede::pipeline
