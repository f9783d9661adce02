// Redlock against real servers that stand still, lose their memory, or grant to somebody else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <optional>
#include <thread>

#include "plugins/redis/quorum_lock.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede::redis {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Only bounds how long something broken can hang a test.
constexpr auto kPatience = 60s;
// How long somebody who is kept out waits.
constexpr auto kBrief = 200ms;
// A lease that no test outlives.
constexpr auto kLong = 60s;

const std::string kKey = "lock:a";

class QuorumLockTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = test::RedisNodes::missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
  }

  void start(int count) { servers_.emplace(count); }

  // A process of its own, as far as Redis can tell.
  std::unique_ptr<QuorumLock> instance(std::chrono::milliseconds ttl = kLong,
                                       std::chrono::milliseconds timeout = kPatience,
                                       std::chrono::milliseconds retry = 1ms) {
    return std::make_unique<QuorumLock>(
        parse_addresses(servers_->urls()).value(),
        QuorumLockOptions{.term = {.ttl = ttl, .drift = 0.01}, .retry = retry, .timeout = timeout});
  }

  static Result<QuorumLock::Hold> acquire(QuorumLock& lock,
                                          std::chrono::nanoseconds patience = kPatience) {
    return lock.acquire({kKey}, Clock::now() + patience);
  }

  static bool is_free(QuorumLock& lock) {
    const auto held = acquire(lock);
    if (!held) ADD_FAILURE() << held.error().message;
    return held.has_value();
  }

  static void expect_taken(QuorumLock& lock) {
    const auto refused = acquire(lock, kBrief);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kLockTimeout) << refused.error().message;
  }

  // Until the condition holds.
  template <typename Condition>
  static bool comes_true(Condition condition) {
    const auto deadline = Clock::now() + kPatience;
    while (!condition()) {
      if (Clock::now() > deadline) return false;
      ::poll(nullptr, 0, 2);  // Others need the processor too.
    }
    return true;
  }

  std::optional<test::RedisNodes> servers_;
};

TEST_F(QuorumLockTest, IsHeldByOneAtATimeAndFreeAfterwards) {
  for (const int nodes : {1, 3}) {
    start(nodes);
    const auto one = instance();
    const auto other = instance();
    {
      const auto held = acquire(*one);
      ASSERT_TRUE(held) << held.error().message;
      EXPECT_TRUE(held->is_valid());
      expect_taken(*other);
      expect_taken(*one);
    }
    EXPECT_TRUE(is_free(*other));
  }
}

TEST_F(QuorumLockTest, ExcludesEveryThreadOfEveryInstance) {
  start(3);
  const std::array locks{instance(), instance()};
  std::atomic<int> inside = 0;
  std::atomic<int> collisions = 0;
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 20; ++round) {
        const auto held = acquire(*locks[static_cast<std::size_t>(thread % 2)]);
        if (!held) {
          ++failures;
          ADD_FAILURE() << held.error().message;
          continue;
        }
        if (++inside > 1) ++collisions;
        std::this_thread::yield();
        --inside;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(collisions, 0);
  EXPECT_EQ(failures, 0);
}

TEST_F(QuorumLockTest, AMajorityIsNeededAndHalfIsNone) {
  start(4);
  const auto lock = instance();
  for (const int node : {0, 1}) servers_->ask(node, {"SET", kKey, "somebody else"});
  expect_taken(*lock);
  EXPECT_EQ(servers_->ask(2, {"EXISTS", kKey}).integer, 0) << "what was granted is given back";
  EXPECT_EQ(servers_->ask(3, {"EXISTS", kKey}).integer, 0);
  servers_->ask(1, {"DEL", kKey});
  EXPECT_TRUE(is_free(*lock)) << "three of four";
}

TEST_F(QuorumLockTest, SeveralKeysAreTakenAllOrNone) {
  start(1);
  const auto lock = instance();
  servers_->ask(0, {"SET", "lock:b", "somebody else"});
  const auto refused = lock->acquire({"lock:a", "lock:b", "lock:c"}, Clock::now() + kBrief);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLockTimeout);
  EXPECT_EQ(servers_->ask(0, {"EXISTS", "lock:a", "lock:c"}).integer, 0);

  servers_->ask(0, {"DEL", "lock:b"});
  {
    const auto held = lock->acquire({"lock:a", "lock:b", "lock:c"}, Clock::now() + kPatience);
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_EQ(servers_->ask(0, {"EXISTS", "lock:a", "lock:b", "lock:c"}).integer, 3);
    expect_taken(*lock);
  }
  EXPECT_EQ(servers_->ask(0, {"EXISTS", "lock:a", "lock:b", "lock:c"}).integer, 0);
}

TEST_F(QuorumLockTest, ReleasesNothingThatHasPassedToAnother) {
  start(3);
  const auto lock = instance();
  std::optional<QuorumLock::Hold> held(std::move(acquire(*lock).value()));
  for (int node = 0; node < 3; ++node) servers_->ask(node, {"SET", kKey, "another holder"});
  held.reset();
  for (int node = 0; node < 3; ++node) {
    EXPECT_EQ(servers_->ask(node, {"GET", kKey}).text, "another holder");
  }
}

TEST_F(QuorumLockTest, EveryGrantHasATokenOfItsOwn) {
  start(1);
  const auto lock = instance();
  std::string last;
  for (int i = 0; i < 3; ++i) {
    const auto held = acquire(*lock).value();
    const auto token = servers_->ask(0, {"GET", kKey}).text;
    EXPECT_EQ(token.size(), 32U);
    EXPECT_NE(token, last);
    last = token;
  }
}

TEST_F(QuorumLockTest, OfAHolderThatDiedIsFreeWhenItsTimeIsUp) {
  start(3);
  const auto started = Clock::now();
  for (int node = 0; node < 3; ++node) servers_->ask(node, {"SET", kKey, "dead", "PX", "200"});
  const auto lock = instance();
  const auto held = acquire(*lock);
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_GE(Clock::now() - started, 200ms);
}

TEST_F(QuorumLockTest, IsTakenWithATimeToLive) {
  start(1);
  const auto lock = instance(5s);
  const auto held = acquire(*lock).value();
  const auto left = servers_->ask(0, {"PTTL", kKey}).integer;
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 5000);
}

TEST_F(QuorumLockTest, IsExtendedForAsLongAsItIsHeld) {
  constexpr auto kTtl = 900ms;
  start(3);
  const auto lock = instance(kTtl);
  const auto other = instance();
  const auto held = acquire(*lock).value();
  const auto taken = Clock::now();
  EXPECT_TRUE(comes_true([&] { return Clock::now() > taken + kTtl * 3 / 2; }));
  EXPECT_TRUE(held.is_valid());
  expect_taken(*other);
}

TEST_F(QuorumLockTest, AllThatAreDueAreExtendedTogetherAndEachIsJudgedOnItsOwn) {
  constexpr auto kTtl = 900ms;
  start(3);
  const auto lock = instance(kTtl);
  std::vector<QuorumLock::Hold> held;
  for (const auto* key : {"lock:a", "lock:b", "lock:c"}) {
    held.push_back(
        std::move(lock->acquire({key, std::string(key) + "2"}, Clock::now() + kPatience).value()));
  }
  for (const int node : {1, 2}) servers_->ask(node, {"DEL", "lock:b2"});
  EXPECT_TRUE(comes_true([&] { return !held[1].is_valid(); }));
  const auto lost = Clock::now();
  EXPECT_TRUE(comes_true([&] { return Clock::now() > lost + kTtl * 3 / 2; }));
  EXPECT_TRUE(held[0].is_valid());
  EXPECT_TRUE(held[2].is_valid());
}

TEST_F(QuorumLockTest, IsKnownToBeLostWhenAMajorityNoLongerHasIt) {
  start(3);
  const auto lock = instance(600ms);
  const auto held = acquire(*lock).value();
  for (const int node : {0, 2}) servers_->ask(node, {"DEL", kKey});
  EXPECT_TRUE(comes_true([&] { return !held.is_valid(); }));
}

TEST_F(QuorumLockTest, IsNotLostWithAMinority) {
  constexpr auto kTtl = 900ms;
  start(3);
  const auto lock = instance(kTtl);
  const auto held = acquire(*lock).value();
  servers_->ask(1, {"DEL", kKey});
  const auto taken = Clock::now();
  EXPECT_TRUE(comes_true([&] { return Clock::now() > taken + kTtl * 3 / 2; }));
  EXPECT_TRUE(held.is_valid());
}

TEST_F(QuorumLockTest, IsLostByTheClockWhenItCannotBeExtended) {
  constexpr auto kTtl = 300ms;
  start(1);
  const auto lock = instance(kTtl, 50ms);
  const auto held = acquire(*lock).value();
  servers_->freeze(0);
  EXPECT_TRUE(comes_true([&] { return !held.is_valid(); }));
  servers_->thaw(0);
}

TEST_F(QuorumLockTest, IsAcquiredWithoutWaitingWhileTwoOfFiveStandStill) {
  start(5);
  const auto lock = instance();
  servers_->freeze(1);
  servers_->freeze(4);
  for (int i = 0; i < 10; ++i) {
    const auto started = Clock::now();
    ASSERT_TRUE(acquire(*lock));
    EXPECT_LT(Clock::now() - started, kPatience / 2) << "waited for a server that stands still";
  }
}

TEST_F(QuorumLockTest, IsRefusedInOneClearLineWhileThreeOfFiveStandStill) {
  start(5);
  const auto lock = instance(kLong, 1s);
  for (const int node : {0, 1, 2}) servers_->freeze(node);
  const auto refused = acquire(*lock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("2 of 5 Redis servers answered, 3 are needed; " +
                                                 servers_->url(0) + ": no answer within 1000 ms"));
  for (const int node : {0, 1, 2}) servers_->thaw(node);
  EXPECT_TRUE(comes_true([&] { return acquire(*lock).has_value(); }))
      << "what was asked of those that stood still was given back";
}

TEST_F(QuorumLockTest, ADeadlineThatPassesWhileServersStandStillIsATimeout) {
  start(1);
  const auto lock = instance();
  servers_->freeze(0);
  const auto refused = acquire(*lock, kBrief);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLockTimeout) << refused.error().message;
}

TEST_F(QuorumLockTest, SurvivesTheRestartOfItsServer) {
  start(1);
  const auto lock = instance();
  EXPECT_TRUE(is_free(*lock));
  servers_->kill(0);
  const auto refused = acquire(*lock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("Connection refused"));
  servers_->start(0);
  EXPECT_TRUE(acquire(*lock));
}

TEST_F(QuorumLockTest, IsReleasedByAScriptThatTheServerHasForgotten) {
  start(1);
  const auto lock = instance();
  {
    const auto held = acquire(*lock).value();
    servers_->ask(0, {"SCRIPT", "FLUSH"});
  }
  EXPECT_EQ(servers_->ask(0, {"EXISTS", kKey}).integer, 0);
}

// A process that takes the lock again as soon as it has let go would always come first. Here the
// delay for which it holds back is longer than it may wait.
TEST_F(QuorumLockTest, IsLeftForOneDelayToAnotherInstanceThatWaitsForIt) {
  start(1);
  const auto lock = instance(kLong, kPatience, kPatience);
  EXPECT_TRUE(is_free(*lock));
  EXPECT_TRUE(is_free(*lock)) << "nobody waits";

  servers_->ask(0, {"SET", kKey + ":wanted", "another instance"});
  EXPECT_TRUE(is_free(*lock));
  expect_taken(*lock);
  EXPECT_TRUE(is_free(*lock)) << "one delay, no more";
}

TEST_F(QuorumLockTest, ThatIsTakenIsMarkedByWhoWaitsForIt) {
  start(1);
  const auto one = instance();
  const auto other = instance();
  const auto held = acquire(*one).value();
  EXPECT_EQ(servers_->ask(0, {"EXISTS", kKey + ":wanted"}).integer, 0);
  std::jthread waiting([&] { EXPECT_FALSE(acquire(*other, 500ms)); });
  EXPECT_TRUE(comes_true([&] {
    return servers_->ask(0, {"EXISTS", kKey + ":wanted"}).integer == 1;
  }));
}

}  // namespace
}  // namespace stampede::redis
