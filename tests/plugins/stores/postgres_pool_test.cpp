// The pool of the PostgreSQL store, with things in it that are no connections.

#include "plugins/stores/postgres/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace stampede::testing {
namespace {

using namespace std::chrono_literals;
using stores::postgres::Pool;
using stores::postgres::PoolOptions;

struct Fake {
  bool is_alive() const { return alive; }
  bool is_broken() const { return broken; }
  int number = 0;
  std::atomic<bool> alive = true;  // The server may hang up while it is idle.
  bool broken = false;
};

class PostgresPool : public ::testing::Test {
 protected:
  using FakePool = Pool<Fake>;
  using Lease = FakePool::Lease;

  FakePool& pool() {
    if (!pool_) {
      pool_.emplace(options_, [this]() -> Result<std::unique_ptr<Fake>> {
        if (refuse_) return fail(ErrorCode::kUnavailable, "no server");
        auto fake = std::make_unique<Fake>();
        fake->number = ++made_;
        return fake;
      });
    }
    return *pool_;
  }
  Lease borrow() {
    auto lease = pool().borrow(Clock::now() + 60s);
    EXPECT_TRUE(lease);
    return std::move(*lease);
  }
  std::int64_t pending() { return pool().stats().pending; }
  void wait_for_pending(std::int64_t count) {
    const auto deadline = Clock::now() + 60s;
    while (pending() != count && Clock::now() < deadline) std::this_thread::yield();
    ASSERT_EQ(pending(), count);
  }

  PoolOptions options_{.min = 0, .max = 2, .timeout = 60s};
  std::atomic<int> made_ = 0;
  std::atomic<bool> refuse_ = false;
  std::optional<FakePool> pool_;
};

TEST_F(PostgresPool, MakesOneOnlyWhenNoneIsIdle) {
  borrow();
  borrow();
  EXPECT_EQ(made_, 1);
  const auto first = borrow();
  const auto second = borrow();
  EXPECT_EQ(made_, 2);
  EXPECT_EQ(pool().stats().active, 2);
  EXPECT_EQ(pool().stats().idle, 0);
}

TEST_F(PostgresPool, ServesThoseWhoWaitInTheOrderInWhichTheyCame) {
  options_.max = 1;
  std::optional<Lease> held(borrow());
  std::vector<int> served;  // Whoever has the only one writes here alone.
  std::vector<std::thread> waiters;
  for (int i = 0; i < 5; ++i) {
    waiters.emplace_back([&, i] {
      const auto lease = borrow();
      served.push_back(i);
    });
    wait_for_pending(i + 1);
  }
  held.reset();
  for (auto& waiter : waiters) waiter.join();
  EXPECT_EQ(served, (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(PostgresPool, NobodyOvertakesThoseWhoWait) {
  options_.max = 1;
  std::optional<Lease> held(borrow());
  std::promise<void> let_go;
  std::thread waiter([&] {
    const auto lease = borrow();
    let_go.get_future().wait();
  });
  wait_for_pending(1);
  held.reset();
  EXPECT_EQ(pool().borrow(Clock::now()).error().code, ErrorCode::kPoolTimeout);
  let_go.set_value();
  waiter.join();
}

TEST_F(PostgresPool, GivesUpAtTheDeadlineAndAtItsOwnTimeout) {
  options_.max = 1;
  options_.timeout = 20ms;
  const auto held = borrow();
  EXPECT_EQ(pool().borrow(Clock::now()).error().code, ErrorCode::kPoolTimeout);
  EXPECT_EQ(pool().borrow(Clock::now() + 60s).error().code, ErrorCode::kPoolTimeout);
  EXPECT_EQ(pool().stats().timeouts, 2);
  EXPECT_EQ(pool().stats().pending, 0);
}

TEST_F(PostgresPool, NeverHandsOutWhatBroke) {
  {
    const auto lease = borrow();
    lease->broken = true;
  }
  EXPECT_EQ(pool().stats().idle, 0);
  EXPECT_EQ(borrow()->number, 2);
}

TEST_F(PostgresPool, NeverHandsOutWhatDiedWhileItWasIdle) {
  Fake* idle = nullptr;
  {
    const auto lease = borrow();
    idle = &*lease;
  }
  idle->alive = false;
  EXPECT_EQ(borrow()->number, 2);
  EXPECT_EQ(pool().stats().idle, 1);
}

TEST_F(PostgresPool, ReplacesWhatIsOlderThanItsLifetime) {
  options_.max_lifetime = 0ns;
  borrow();
  EXPECT_EQ(borrow()->number, 2);
}

TEST_F(PostgresPool, APlaceThatCouldNotBeFilledGoesToTheNextInLine) {
  options_.max = 1;
  std::optional<Lease> held(borrow());
  (*held)->broken = true;
  std::vector<std::thread> waiters;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 3; ++i) {
    waiters.emplace_back([&] {
      const auto lease = pool().borrow(Clock::now() + 60s);
      if (!lease && lease.error().code == ErrorCode::kUnavailable) ++refused;
    });
  }
  wait_for_pending(3);
  refuse_ = true;
  held.reset();
  for (auto& waiter : waiters) waiter.join();
  EXPECT_EQ(refused, 3);
  refuse_ = false;
  EXPECT_EQ(pool().stats().active, 0);
  EXPECT_EQ(borrow()->number, 2);
}

TEST_F(PostgresPool, KeepsItsLimitUnderManyThreads) {
  options_.max = 3;
  borrow();  // Makes the pool before the threads do.
  std::atomic<int> out = 0;
  std::atomic<bool> too_many = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        const auto lease = pool().borrow(Clock::now() + 60s);
        if (!lease) continue;
        if (++out > 3) too_many = true;
        (*lease)->broken = (i + t) % 50 == 0;
        --out;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(too_many);
  const auto stats = pool().stats();
  EXPECT_EQ(stats.active, 0);
  EXPECT_EQ(stats.pending, 0);
  EXPECT_LE(stats.idle, 3);
  for (const auto& [name, value] : pool().gauges()) EXPECT_GE(value, 0) << name;
}

}  // namespace
}  // namespace stampede::testing
