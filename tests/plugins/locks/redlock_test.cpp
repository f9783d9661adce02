// The strategy `redlock`: what its options mean, that instances exclude one another, and that a
// holder which was left behind does no damage.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "experiments/check/forwarding.hpp"
#include "tests/interleaving/books.hpp"
#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/interleaving/sale.hpp"

namespace stampede::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Outcome kCommitted = Outcome::commit();

class RedlockTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = RedisNodes::missing(); !missing.empty()) GTEST_SKIP() << missing;
    servers_ = std::make_unique<RedisNodes>(1);
    ASSERT_TRUE(store_->seed(small_sale(100, 10'000)));
    before_ = Books::of(*store_);
  }

  // One instance of the server's; all of them share the Redis server.
  std::unique_ptr<LockStrategy> instance(plugin::Settings settings = {}) {
    settings.try_emplace("urls", servers_->urls());
    return workshop_.strategy("redlock", settings);
  }

  void lose_every_lock() { servers_->ask(0, {"FLUSHALL"}); }

  std::string contradictions_after(std::size_t acknowledged) {
    return contradictions(before_, Books::of(*store_), acknowledged);
  }

  Workshop workshop_;
  std::unique_ptr<Store> store_ = workshop_.store("memory");
  std::unique_ptr<RedisNodes> servers_;
  Books before_;
};

std::string refusal_of(const plugin::Settings& settings) {
  plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
  const auto made = catalog.create<LockStrategy>("redlock", settings);
  return made ? "" : made.error().message;
}

TEST(RedlockOptions, ThatCannotBeAreRefusedInOneLine) {
  EXPECT_THAT(refusal_of({{"urls", "here"}}),
              HasSubstr("option 'urls': 'here' is no Redis address: expected host:port"));
  EXPECT_THAT(refusal_of({{"urls", "a:1,b:2"}, {"nodes", "3"}}),
              HasSubstr("option 'urls' names 2 Redis servers, but option 'nodes' says 3"));
  EXPECT_THAT(refusal_of({{"scope", "product"}, {"stock", "unprotected"}}),
              HasSubstr("option 'stock' is for a lock that leaves stock out"));
  EXPECT_THAT(refusal_of({{"scope", "users"}}), HasSubstr("scope"));
}

TEST(RedlockOptions, AreEnoughToAskWhereItRunsBeforeThereIsAServer) {
  Workshop workshop;
  const auto store = workshop.store("memory");
  plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
  const auto strategy = catalog.create<LockStrategy>("redlock", {});
  ASSERT_TRUE(strategy) << strategy.error().message;
  EXPECT_TRUE((*strategy)->runs_on(*store));
  EXPECT_FALSE(
      catalog.create<LockStrategy>("redlock", {{"stock", "row_lock"}}).value()->runs_on(*store));
  Deposit deposit(1, kAda, Money{1});
  const auto outcome = run(**strategy, *store, deposit).outcome;
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(outcome.error().message, StartsWith("redlock: option 'urls' is empty"));
}

TEST_F(RedlockTest, KeepsOutOtherInstancesAndNamesTheLock) {
  const auto one = instance();
  const auto other = instance();
  Deposit ada(1, kAda, Money{1});
  Deposit again(2, kAda, Money{1});
  ada.in_guarded = [&]() -> Result<Outcome> {
    const auto refused = run(*other, *store_, again, kBrief).outcome;
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kLockTimeout);
    EXPECT_THAT(refused.error().message,
                StartsWith("the Redis lock stampede:lock:user:1 was not free before the deadline"));
    return kCommitted;
  };
  EXPECT_EQ(run(*one, *store_, ada).outcome, kCommitted);
  EXPECT_EQ(run(*other, *store_, again).outcome, kCommitted);
}

TEST_F(RedlockTest, CoversWhatItsScopeSaysAndNothingElse) {
  struct Case {
    const char* scope;
    bool other_user;  // Are they let in while Ada buys tea?
    bool other_product;
    const char* key;
  };
  for (const auto& [scope, other_user, other_product, key] :
       {Case{"global", false, false, "global"}, Case{"user", true, false, "user:1"},
        Case{"product", false, true, "product:1"}}) {
    const auto one = instance({{"scope", scope}, {"prefix", "sale:"}});
    const auto other = instance({{"scope", scope}, {"prefix", "sale:"}});
    Purchase ada(1, kAda, {{kTea, 1}});
    Purchase bob(2, kBob, {{kTea, 1}});
    Purchase coffee(3, kAda, {{kCoffee, 1}});
    ada.in_guarded = [&]() -> Result<Outcome> {
      EXPECT_EQ(servers_->ask(0, {"EXISTS", std::string("sale:") + key}).integer, 1) << scope;
      EXPECT_EQ(run(*other, *store_, bob, kBrief).outcome.has_value(), other_user) << scope;
      EXPECT_EQ(run(*other, *store_, coffee, kBrief).outcome.has_value(), other_product) << scope;
      return kCommitted;
    };
    store_ = workshop_.store("memory");
    ASSERT_TRUE(store_->seed(small_sale(100, 10'000)));
    EXPECT_EQ(run(*one, *store_, ada).outcome, kCommitted) << scope;
  }
}

TEST_F(RedlockTest, LosesNoUpdateBetweenInstances) {
  for (const auto* scope : {"global", "user", "product"}) {
    store_ = workshop_.store("memory");
    ASSERT_TRUE(store_->seed(small_sale(100, 10'000)));
    before_ = Books::of(*store_);
    const std::array instances{instance({{"scope", scope}}), instance({{"scope", scope}})};
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kRounds = 10;
    std::atomic<std::size_t> committed = 0;
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t round = 0; round < kRounds; ++round) {
          Purchase purchase(thread * kRounds + round + 1, thread < 3 ? kAda : kBob,
                            {{kTea, 1}, {kCoffee, 1}});
          if (run(*instances[thread % 2], *store_, purchase).outcome == kCommitted) ++committed;
        }
      });
    }
    threads.clear();
    EXPECT_EQ(committed, kThreads * kRounds) << scope;
    EXPECT_EQ(contradictions_after(kThreads * kRounds), "") << scope;
  }
}

// The lock is lost while the work runs, and the process knows it: its server cannot be reached to
// extend it, and the time that was certain is over.
TEST_F(RedlockTest, RefusesTheWorkWhoseLeaseRanOut) {
  const auto strategy = instance({{"ttl", "100ms"}, {"node_timeout", "20ms"}, {"fencing", "off"}});
  Deposit deposit(1, kAda, Money{1});
  deposit.between = [&](int) {
    servers_->freeze(0);
    const auto over = Clock::now() + std::chrono::milliseconds(150);
    while (Clock::now() < over) std::this_thread::yield();
  };
  const auto outcome = run(*strategy, *store_, deposit).outcome;
  servers_->thaw(0);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kLeaseLost) << outcome.error().message;
  EXPECT_EQ(Books::of(*store_).text(), before_.text());
}

// Ada's first deposit is paused when it has looked at its lease for the last time, and until its
// lock has passed to her second one, which another instance commits.
struct LeftBehind {
  Result<Outcome> first;
  Result<Outcome> second;
};

class FencingTest : public RedlockTest {
 protected:
  LeftBehind pause_beyond_the_lease(const plugin::Settings& settings) {
    const auto one = instance(settings);
    const auto other = instance(settings);
    Deposit first(1, kAda, Money{7});
    Deposit second(2, kAda, Money{5});
    LeftBehind result;
    GatedStore gated(*store_);
    gated.set_before_commit([&] {
      lose_every_lock();
      result.second = run(*other, *store_, second).outcome;
    });
    result.first = run(*one, gated, first).outcome;
    return result;
  }
};

TEST_F(FencingTest, RefusesTheWriteOfAHolderThatWasLeftBehind) {
  for (const auto* scope : {"user", "global"}) {
    const auto result = pause_beyond_the_lease({{"scope", scope}});
    EXPECT_EQ(result.second, kCommitted);
    ASSERT_FALSE(result.first);
    EXPECT_EQ(result.first.error().code, ErrorCode::kLeaseLost) << result.first.error().message;
    EXPECT_EQ(contradictions_after(1), "");
    store_ = workshop_.store("memory");
    ASSERT_TRUE(store_->seed(small_sale(100, 10'000)));
  }
}

TEST_F(FencingTest, SwitchedOffLosesAnUpdate) {
  const auto result = pause_beyond_the_lease({{"fencing", "off"}});
  EXPECT_EQ(result.first, kCommitted);
  EXPECT_EQ(result.second, kCommitted);
  EXPECT_EQ(Books::of(*store_).balance(kAda), Money{10'000 + 7}) << "10,012 would be right";
  EXPECT_NE(contradictions_after(2), "");
}

// The same for stock, under a lock on the product.
TEST_F(FencingTest, ProtectsStockUnderALockOnTheProduct) {
  for (const bool fencing : {true, false}) {
    store_ = workshop_.store("memory");
    ASSERT_TRUE(store_->seed(small_sale(100, 10'000)));
    const plugin::Settings settings{{"scope", "product"}, {"fencing", fencing ? "on" : "off"}};
    const auto one = instance(settings);
    const auto other = instance(settings);
    Purchase ada(1, kAda, {{kTea, 1}});
    Purchase bob(2, kBob, {{kTea, 1}});
    GatedStore gated(*store_);
    gated.set_before_commit([&] {
      lose_every_lock();
      EXPECT_EQ(run(*other, *store_, bob).outcome, kCommitted);
    });
    const auto left_behind = run(*one, gated, ada).outcome;
    EXPECT_EQ(left_behind.has_value(), !fencing);
    EXPECT_EQ(Books::of(*store_).orders.size(), fencing ? 1U : 2U);
    EXPECT_EQ(Books::of(*store_).stock(kTea), 99) << "98 would be right without fencing";
  }
}

class Counting final : public FenceStore {
 public:
  explicit Counting(FenceStore& store) : store_(store) {}
  Result<std::vector<Fence>> issue(std::span<const Resource> resources, Context& context) override {
    ++calls;
    return store_.issue(resources, context);
  }
  int calls = 0;

 private:
  FenceStore& store_;
};

class CountingStore final : public check::ForwardingStore {
 public:
  CountingStore(Store& store, Counting& counting) : ForwardingStore(store), counting_(counting) {}
  FenceStore* fences() override { return &counting_; }

 private:
  Counting& counting_;
};

TEST_F(FencingTest, CostsOneCallOfTheStoreAndNothingInRedis) {
  const auto commands = [&] {
    const auto text = servers_->ask(0, {"INFO", "stats"}).text;
    const std::string_view name = "total_commands_processed:";
    return std::stoi(text.substr(text.find(name) + name.size()));
  };
  for (const bool fencing : {true, false}) {
    const auto strategy = instance({{"fencing", fencing ? "on" : "off"}});
    Counting counting(*store_->fences());
    CountingStore store(*store_, counting);
    Deposit warm_up(fencing ? 1 : 3, kAda, Money{1});
    EXPECT_EQ(run(*strategy, store, warm_up).outcome, kCommitted);
    counting.calls = 0;
    const auto before = commands();
    Deposit deposit(fencing ? 2 : 4, kAda, Money{1});
    EXPECT_EQ(run(*strategy, store, deposit).outcome, kCommitted);
    // SET; EVALSHA with its GET, DEL and GET; and the INFO that counted before.
    EXPECT_EQ(commands() - before, 6);
    EXPECT_EQ(counting.calls, fencing ? 1 : 0);
  }
}

}  // namespace
}  // namespace stampede::test
