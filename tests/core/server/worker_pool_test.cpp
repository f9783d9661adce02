// The worker pool: bounded, in order, and nothing that was queued is lost.

#include "core/server/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace stampede::server {
namespace {

TEST(WorkerPool, SaysWhenItsQueueIsFullAndLeavesTheJobAlone) {
  std::latch begun(1);
  std::latch release(1);
  std::atomic<int> ran{0};
  WorkerPool<std::unique_ptr<int>> pool(1, 2, [&](std::unique_ptr<int>& job) {
    if (*job == 0) {
      begun.count_down();
      release.wait();
    }
    ++ran;
  });
  ASSERT_TRUE(pool.try_submit(std::make_unique<int>(0)));
  begun.wait();  // The worker is busy from here on.
  ASSERT_TRUE(pool.try_submit(std::make_unique<int>(1)));
  ASSERT_TRUE(pool.try_submit(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(pool.try_submit(std::move(third)));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(*third, 3);
  EXPECT_EQ(pool.queued(), 2U);
  release.count_down();
  pool.stop();
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(pool.queued(), 0U);
  EXPECT_FALSE(pool.try_submit(std::make_unique<int>(4)));
}

TEST(WorkerPool, RunsJobsInTheOrderTheyCame) {
  std::vector<int> order;
  WorkerPool<int> pool(1, 100, [&](int& job) { order.push_back(job); });
  for (int i = 0; i < 100; ++i) {
    while (!pool.try_submit(int{i})) std::this_thread::yield();
  }
  pool.stop();
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPool, RunsEveryJobOnceUnderContention) {
  constexpr int kSubmitters = 4;
  constexpr int kEach = 2'000;
  std::vector<std::atomic<int>> runs(kSubmitters * kEach);
  WorkerPool<std::size_t> pool(3, 16, [&](std::size_t& job) { ++runs[job]; });
  {
    std::vector<std::jthread> submitters;
    for (int s = 0; s < kSubmitters; ++s) {
      submitters.emplace_back([&, s] {
        for (int i = 0; i < kEach; ++i) {
          const auto job = static_cast<std::size_t>(s * kEach + i);
          while (!pool.try_submit(std::size_t{job})) std::this_thread::yield();
        }
      });
    }
  }
  pool.stop();
  for (const auto& count : runs) ASSERT_EQ(count, 1);
}

// The queue is for those who wait: a burst that the workers can take at once is no overload, even
// before they have woken up.
TEST(WorkerPool, TakesAJobForEachFreeWorkerBeyondItsQueue) {
  std::latch release(1);
  WorkerPool<int> pool(8, 1, [&](int&) { release.wait(); });
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(pool.try_submit(int{i})) << i;
  EXPECT_FALSE(pool.try_submit(9));
  EXPECT_EQ(pool.queued(), 1U);
  release.count_down();
}

// As many jobs as workers have to be able to run at once: each waits for all others. Nothing but
// the jobs themselves wakes the workers: stop() comes later. Again and again, since workers that
// have just finished are woken in another way than those that sleep.
TEST(WorkerPool, UsesAllOfItsWorkers) {
  constexpr int kWorkers = 8;
  constexpr int kBursts = 50;
  struct Burst {
    std::latch together{kWorkers};
    std::promise<void> done;
    std::atomic<int> left{kWorkers};
  };
  WorkerPool<Burst*> pool(kWorkers, kWorkers, [](Burst*& burst) {
    burst->together.arrive_and_wait();
    if (--burst->left == 0) burst->done.set_value();
  });
  for (int i = 0; i < kBursts; ++i) {
    Burst burst;
    auto done = burst.done.get_future();
    for (int job = 0; job < kWorkers; ++job) ASSERT_TRUE(pool.try_submit(&burst));
    if (done.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "workers slept while jobs waited, in burst " << i;
      pool.stop();  // Wakes everyone, so that the burst can end before it is destroyed.
      return;
    }
  }
}

}  // namespace
}  // namespace stampede::server
