// `stampede env`: what is kept outlives the one who started it, and goes when it is told to.

#include "experiments/environment/kept.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/cache.hpp"
#include "experiments/environment/kafka_files.hpp"
#include "experiments/environment/scratch.hpp"
#include "tests/experiments/environment/private_servers.hpp"
#include "tests/experiments/environment/redis_client.hpp"

namespace stampede::environment {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class KeptTest : public PrivateServersTest {
 protected:
  KeptTest() {
    // A memory of its own; what initdb wrote is the same for everyone.
    const auto users = cache_folder();
    if (const auto kafka = find_kafka(); kafka) kafka_home_ = kafka->jars;
    fs::create_directories(root_ / "cache" / "stampede");
    ::setenv("XDG_CACHE_HOME", (root_ / "cache").c_str(), 1);
    if (!users) return;
    for (const auto& entry : fs::directory_iterator(*users)) {
      const auto name = entry.path().filename();
      if (!name.string().starts_with("initdb-")) continue;
      fs::create_directory_symlink(entry.path(), root_ / "cache" / "stampede" / name);
    }
  }
  ~KeptTest() override {
    EXPECT_TRUE(let_go());
    ::unsetenv("XDG_CACHE_HOME");
    ::unsetenv("STAMPEDE_KAFKA_HOME");
  }
  void SetUp() override {
    SKIP_WITHOUT(find_postgres());
    SKIP_WITHOUT(find_redis());
  }

  fs::path kafka_home_ = "/nonexistent";
};

TEST_F(KeptTest, OutlivesItsStarterUntilItIsLetGo) {
  ASSERT_EQ(told_by_killed_process([](const auto& tell) {
              const auto up = keep({.postgres = true, .redis_nodes = 2});
              tell(up ? 1 : 0);
            }),
            1);
  EXPECT_TRUE(remove_abandoned().empty());
  auto found = kept();
  ASSERT_TRUE(found && *found);
  ASSERT_EQ((*found)->servers.size(), 3U);
  for (const auto& server : (*found)->servers) EXPECT_TRUE(server.runs) << server.name;
  EXPECT_THAT((*found)->postgres_url(), StartsWith("postgresql://stampede:"));
  EXPECT_EQ((*found)->redis_nodes(), 2U);
  const auto addresses = (*found)->redis_addresses();
  EXPECT_EQ(redis_answer(addresses.substr(0, addresses.find(',')), "PING"), "PONG");

  const auto again = keep({.postgres = false, .redis_nodes = 1});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(again.error().message, AllOf(HasSubstr("already"), HasSubstr("stampede env down")));

  const auto gone = let_go();
  ASSERT_TRUE(gone && *gone);
  EXPECT_FALSE(fs::exists((*gone)->folder));
  for (const auto& server : (*gone)->servers) {
    EXPECT_TRUE(
        ask_until(std::chrono::steady_clock::now() + 10s, [&] { return !lives(server.process); }));
  }
  found = kept();
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

TEST_F(KeptTest, AKafkaBrokerIsKeptToo) {
  ::setenv("STAMPEDE_KAFKA_HOME", kafka_home_.c_str(), 1);
  if (const auto found = find_kafka(); !found) GTEST_SKIP() << found.error().message;
  ASSERT_EQ(told_by_killed_process([](const auto& tell) {
              const auto up = keep({.postgres = false, .redis_nodes = 1, .kafka = true});
              tell(up ? 1 : 0);
            }),
            1);
  const auto found = kept();
  ASSERT_TRUE(found && *found);
  EXPECT_THAT((*found)->kafka_address(), StartsWith("127.0.0.1:"));
  EXPECT_EQ((*found)->redis_nodes(), 1U);
  for (const auto& server : (*found)->servers) EXPECT_TRUE(server.runs) << server.name;
  const auto gone = let_go();
  ASSERT_TRUE(gone && *gone);
  EXPECT_FALSE(fs::exists((*gone)->folder));
}

TEST_F(KeptTest, OfWhatHasDiedIsToldAndReplaced) {
  auto up = keep({.postgres = false, .redis_nodes = 1});
  ASSERT_TRUE(up) << up.error().message;
  ::kill(up->servers[0].process.pid, SIGKILL);
  EXPECT_TRUE(ask_until(std::chrono::steady_clock::now() + 10s, [] {
    const auto found = kept();
    return found && *found && !(*found)->servers[0].runs;
  }));
  up = keep({.postgres = false, .redis_nodes = 1});
  EXPECT_TRUE(up) << up.error().message;
}

TEST_F(KeptTest, IsAllOrNothing) {
  ::setenv("STAMPEDE_POSTGRES_BIN", "/nonexistent", 1);
  EXPECT_FALSE(keep({.postgres = true, .redis_nodes = 1}));
  const auto found = kept();
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

}  // namespace
}  // namespace stampede::environment
