// What the fair locks promise: strict order, an orderly way out for who gives up, no lost wake-up,
// and no memory kept for keys that nobody uses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "plugins/locks/fifo_mutex.hpp"
#include "plugins/locks/keyed_locks.hpp"

namespace stampede::locks {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr auto kPatience = 20s;  // Only bounds how long a broken lock can hang the test.

Deadline soon() { return Clock::now() + 20ms; }
Deadline late() { return Clock::now() + kPatience; }

// Waits until `condition` holds; false when it never did.
bool eventually(const std::function<bool()>& condition) {
  for (const auto deadline = late(); !condition();) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Both kinds of lock, seen alike: the tests below hold for each.
class WholeMutex {
 public:
  using Hold = std::unique_lock<FifoMutex>;
  Hold take_until(Deadline deadline) { return {mutex_, deadline}; }
  std::size_t waiting() { return mutex_.waiting(); }

 private:
  FifoMutex mutex_;
};

class OneKey {
 public:
  using Hold = KeyedLocks::Hold;
  Hold take_until(Deadline deadline) { return locks_.take_until(7, deadline); }
  std::size_t waiting() { return locks_.waiting(7); }

 private:
  KeyedLocks locks_;
};

template <typename Lock>
class FairLock : public testing::Test {
 protected:
  // Starts a thread that waits for the lock, notes `number` while it holds it, and lets go. Returns
  // once the thread stands in the line, so that the order of arrival is known.
  void queue_up(int number, std::chrono::nanoseconds patience = kPatience) {
    const auto before = lock_.waiting();
    threads_.emplace_back([this, number, patience] {
      const auto hold = lock_.take_until(Clock::now() + patience);
      const std::lock_guard held(mutex_);
      (hold ? served_ : gave_up_).push_back(number);
    });
    // One with little patience may be gone again before it was seen standing there.
    ASSERT_TRUE(eventually([&] { return lock_.waiting() == before + 1 || gave_up(number); }));
  }

  bool gave_up(int number) {
    const std::lock_guard held(mutex_);
    return std::find(gave_up_.begin(), gave_up_.end(), number) != gave_up_.end();
  }

  void TearDown() override { finish(); }

  void finish() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  Lock lock_;
  std::mutex mutex_;
  std::vector<int> served_;
  std::vector<int> gave_up_;
  std::vector<std::thread> threads_;
};

using BothLocks = testing::Types<WholeMutex, OneKey>;
struct Names {
  template <typename Lock>
  static std::string GetName(int index) {
    return index == 0 ? "FifoMutex" : "KeyedLocks";
  }
};
TYPED_TEST_SUITE(FairLock, BothLocks, Names);

TYPED_TEST(FairLock, ServesInTheOrderOfArrival) {
  {
    const auto hold = this->lock_.take_until(soon());
    ASSERT_TRUE(hold);
    for (int number = 1; number <= 8; ++number) this->queue_up(number);
  }
  this->finish();
  EXPECT_THAT(this->served_, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TYPED_TEST(FairLock, WhoeverComesLaterDoesNotOvertakeAWaiter) {
  auto hold = this->lock_.take_until(soon());
  this->queue_up(1);
  hold = {};                                         // Belongs to the waiter from here on,
  const auto mine = this->lock_.take_until(late());  // so this waits for it.
  ASSERT_TRUE(mine);
  this->finish();
  EXPECT_THAT(this->served_, ElementsAre(1));
}

TYPED_TEST(FairLock, GivesUpAtTheDeadlineAndLeavesTheLockToItsHolder) {
  const auto hold = this->lock_.take_until(soon());
  const auto deadline = soon();
  EXPECT_FALSE(this->lock_.take_until(deadline));
  EXPECT_GE(Clock::now(), deadline);
  EXPECT_EQ(this->lock_.waiting(), 0U);
}

TYPED_TEST(FairLock, AWaiterThatGivesUpInTheMiddleDoesNotBreakTheLine) {
  {
    const auto hold = this->lock_.take_until(soon());
    this->queue_up(1);
    this->queue_up(2, 50ms);
    this->queue_up(3);
    ASSERT_TRUE(eventually([&] { return this->lock_.waiting() == 2; }));
  }
  this->finish();
  EXPECT_THAT(this->served_, ElementsAre(1, 3));
  EXPECT_THAT(this->gave_up_, ElementsAre(2));
}

TYPED_TEST(FairLock, IsFreeAgainAfterTheLastWaiterGaveUp) {
  {
    const auto hold = this->lock_.take_until(soon());
    EXPECT_FALSE(this->lock_.take_until(soon()));
  }
  EXPECT_TRUE(this->lock_.take_until(soon()));
}

TYPED_TEST(FairLock, IsTakenWithoutWaitingWhenFreeHoweverLateItIs) {
  EXPECT_TRUE(this->lock_.take_until(Clock::now() - 1s));
}

// Deadlines that expire just as the lock is handed over are where a wake-up gets lost: the lock
// would then belong to somebody who has left, and everybody after would wait in vain.
TYPED_TEST(FairLock, LosesNoWakeUpWhenDeadlinesRaceWithReleases) {
  constexpr int kThreads = 6;
  constexpr int kRounds = 400;
  std::atomic<int> inside = 0;
  std::atomic<int> taken = 0;
  std::atomic<int> overlaps = 0;
  for (int number = 0; number < kThreads; ++number) {
    this->threads_.emplace_back([&, number] {
      for (int round = 0; round < kRounds; ++round) {
        const auto patience = std::chrono::microseconds((number * 31 + round * 7) % 60);
        if (const auto hold = this->lock_.take_until(Clock::now() + patience)) {
          if (++inside != 1) ++overlaps;
          for (int spin = 0; spin < 3; ++spin) std::this_thread::yield();
          ++taken;
          --inside;
        }
      }
    });
  }
  this->finish();
  EXPECT_EQ(overlaps, 0);
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, kThreads * kRounds) << "no deadline expired: nothing raced";
  EXPECT_EQ(this->lock_.waiting(), 0U);
  EXPECT_TRUE(this->lock_.take_until(soon())) << "the lock was left with somebody who is gone";
}

TYPED_TEST(FairLock, ServesEveryPatientWaiterUnderContention) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 200;
  int counter = 0;  // Not atomic on purpose: the lock is what protects it.
  for (int number = 0; number < kThreads; ++number) {
    this->threads_.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        const auto hold = this->lock_.take_until(late());
        if (hold) ++counter;
      }
    });
  }
  this->finish();
  EXPECT_EQ(counter, kThreads * kRounds);
}

TEST(KeyedLocks, LocksOfDifferentKeysDoNotWaitForEachOther) {
  KeyedLocks locks;
  std::vector<KeyedLocks::Hold> holds;
  for (std::int64_t key = 0; key < 1000; ++key) {
    holds.push_back(locks.take_until(key, Clock::now()));
    ASSERT_TRUE(holds.back()) << "key " << key;
  }
  EXPECT_EQ(locks.locked_keys(), 1000U);
}

TEST(KeyedLocks, KeepsNothingForKeysThatNobodyUses) {
  KeyedLocks locks;
  for (std::int64_t key = 0; key < 1000; ++key) EXPECT_TRUE(locks.take_until(key, soon()));
  EXPECT_EQ(locks.locked_keys(), 0U);
}

TEST(KeyedLocks, KeepsNothingForAKeyWhoseWaitersGaveUp) {
  KeyedLocks locks;
  {
    const auto hold = locks.take_until(1, soon());
    EXPECT_FALSE(locks.take_until(1, soon()));
    EXPECT_EQ(locks.locked_keys(), 1U);
  }
  EXPECT_EQ(locks.locked_keys(), 0U);
}

TEST(KeyedLocks, AMovedHoldReleasesOnce) {
  KeyedLocks locks;
  auto first = locks.take_until(1, soon());
  auto second = std::move(first);
  first = locks.take_until(2, soon());
  EXPECT_EQ(locks.locked_keys(), 2U);
  second = std::move(first);
  EXPECT_EQ(locks.locked_keys(), 1U);
  EXPECT_TRUE(locks.take_until(1, soon()));
  EXPECT_FALSE(locks.take_until(2, soon()));
}

}  // namespace
}  // namespace stampede::locks
