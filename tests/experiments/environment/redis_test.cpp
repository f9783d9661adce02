// Private Redis nodes come at once, keep nothing, and never stay behind.

#include "experiments/environment/redis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/owner.hpp"
#include "experiments/environment/scratch.hpp"
#include "tests/experiments/environment/private_servers.hpp"
#include "tests/experiments/environment/redis_client.hpp"

namespace stampede::environment {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RedisTest : public PrivateServersTest {
 protected:
  void SetUp() override { SKIP_WITHOUT(find_redis()); }
};

TEST_F(RedisTest, NodesAreApartAndGoneAfterwards) {
  std::vector<pid_t> pids;
  {
    const auto scratch = Scratch::make();
    ASSERT_TRUE(scratch);
    std::vector<Redis> nodes;
    for (int i = 1; i <= 3; ++i) {
      auto node = Redis::start({.folder = scratch->path() / ("redis-" + std::to_string(i))}, 30s);
      ASSERT_TRUE(node) << node.error().message;
      pids.push_back(node->pid());
      nodes.push_back(std::move(*node));
    }
    EXPECT_EQ(addresses_of(nodes, 2), nodes[0].address() + "," + nodes[1].address());
    EXPECT_EQ(redis_answer(nodes[0].address(), "SET key value"), "OK");
    EXPECT_EQ(redis_answer(nodes[1].address(), "EXISTS key"), "0");
    EXPECT_EQ(redis_answer(nodes[0].address(), "EXISTS key"), "1");
    EXPECT_TRUE(nodes[0].flush());
    EXPECT_EQ(redis_answer(nodes[0].address(), "EXISTS key"), "0");
  }
  for (const auto pid : pids) EXPECT_FALSE(owner_of(pid));
  EXPECT_TRUE(is_empty());
}

TEST_F(RedisTest, KeepsNothingOnDisk) {
  const auto scratch = Scratch::make();
  const auto node = Redis::start({.folder = scratch->path() / "redis"}, 30s);
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_THAT(redis_answer(node->address(), "CONFIG GET save"), HasSubstr("save \n"));
  EXPECT_THAT(redis_answer(node->address(), "CONFIG GET appendonly"), HasSubstr("appendonly no"));
}

TEST_F(RedisTest, IsReadyInAMoment) {
  const auto scratch = Scratch::make();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(Redis::start({.folder = scratch->path() / "redis"}, 30s));
  const auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty("ready_ms", std::to_string(took / 1ms));
  EXPECT_LT(took, 10s);  // 0.3 s on a machine that is not busy with something else.
}

TEST_F(RedisTest, OfAKilledBenchIsGone) {
  const auto pid = static_cast<pid_t>(told_by_killed_process([](const auto& tell) {
    const auto scratch = Scratch::make();
    if (!scratch) return;
    const auto node = Redis::start({.folder = scratch->path() / "redis"}, 30s);
    if (node) tell(node->pid());
  }));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(ask_until(std::chrono::steady_clock::now() + 10s,
                        [&] { return !owner_of(pid).has_value(); }));
  EXPECT_EQ(remove_abandoned().size(), 1U);
  EXPECT_TRUE(is_empty());
}

TEST_F(PrivateServersTest, AMissingRedisIsOneLineThatNamesThePackage) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  const auto node = Redis::start({.folder = root_ / "redis"}, 30s);
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(node.error().message, AllOf(HasSubstr("package redis-server"), Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace stampede::environment
