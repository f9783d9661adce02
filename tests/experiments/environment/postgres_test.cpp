// A private PostgreSQL comes quickly, is fresh for whoever asks, and never stays behind.

#include "experiments/environment/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <fstream>
#include <pqxx/pqxx>

#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/owner.hpp"
#include "experiments/environment/scratch.hpp"
#include "tests/experiments/environment/private_servers.hpp"

namespace stampede::environment {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PostgresTest : public PrivateServersTest {
 protected:
  void SetUp() override { SKIP_WITHOUT(find_postgres()); }

  static std::string show(const Postgres& postgres, const std::string& setting) {
    pqxx::connection connection(postgres.url("postgres"));
    pqxx::nontransaction statements(connection);
    return statements.exec1("SHOW " + setting)[0].as<std::string>();
  }
};

TEST_F(PostgresTest, AnswersByTcpWithAPasswordAndIsGoneAfterwards) {
  pid_t pid = 0;
  {
    const auto scratch = Scratch::make();
    ASSERT_TRUE(scratch) << scratch.error().message;
    const auto postgres = Postgres::start({.folder = scratch->path() / "postgres"}, 60s);
    ASSERT_TRUE(postgres) << postgres.error().message;
    pid = postgres->pid();
    EXPECT_EQ(show(*postgres, "fsync"), "on");
    struct stat status {};
    ASSERT_EQ(::stat((scratch->path() / "postgres" / "data").c_str(), &status), 0);
    EXPECT_NE(status.st_uid, 0U);
    auto without = postgres->url("postgres");
    without.replace(without.find("stampede:"), 9 + 32, "stampede:wrong");
    EXPECT_THROW(pqxx::connection{without}, pqxx::broken_connection);
  }
  EXPECT_FALSE(owner_of(pid));
  EXPECT_TRUE(is_empty());
}

TEST_F(PostgresTest, TakesItsSettingsFromTheExperiment) {
  const auto scratch = Scratch::make();
  const auto postgres = Postgres::start(
      {.folder = scratch->path() / "postgres", .fsync = false, .settings = {{"work_mem", "7MB"}}},
      60s);
  ASSERT_TRUE(postgres) << postgres.error().message;
  EXPECT_EQ(show(*postgres, "fsync"), "off");
  EXPECT_EQ(show(*postgres, "work_mem"), "7MB");
}

TEST_F(PostgresTest, SaysWhichSettingItDoesNotKnow) {
  const auto scratch = Scratch::make();
  const auto postgres = Postgres::start(
      {.folder = scratch->path() / "postgres", .settings = {{"worm_mem", "1"}}}, 60s);
  ASSERT_FALSE(postgres);
  EXPECT_EQ(postgres.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(postgres.error().message, HasSubstr("worm_mem"));
}

TEST_F(PostgresTest, MakesFreshDatabasesFromATemplate) {
  const auto scratch = Scratch::make();
  auto postgres = Postgres::start({.folder = scratch->path() / "postgres"}, 60s);
  ASSERT_TRUE(postgres) << postgres.error().message;
  ASSERT_TRUE(postgres->create_database("pattern"));
  const auto in = [&](const std::string& name, auto work) {
    pqxx::connection connection(postgres->url(name));
    pqxx::nontransaction statements(connection);
    return work(statements);
  };
  const auto count = [](pqxx::nontransaction& statements) {
    return statements.exec1("TABLE marks").at(0).template as<int>();
  };
  in("pattern", [](auto& s) { s.exec("SELECT 1 AS mark INTO marks"); });
  for (int block = 0; block < 2; ++block) {
    const auto created = postgres->create_database("fresh", "pattern");
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_TRUE(postgres->checkpoint());
    EXPECT_EQ(in("fresh", count), 1);
    // A session that stays open does not keep a database.
    pqxx::connection lingering(postgres->url("fresh"));
    const auto dropped = postgres->drop_database("fresh");
    EXPECT_TRUE(dropped) << dropped.error().message;
  }
  EXPECT_THROW(pqxx::connection{postgres->url("fresh")}, pqxx::broken_connection);
}

TEST_F(PostgresTest, IsReadyWithinThreeSecondsOnceItsFilesAreCached) {
  const auto scratch = Scratch::make();
  { ASSERT_TRUE(Postgres::start({.folder = scratch->path() / "first"}, 60s)); }
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(Postgres::start({.folder = scratch->path() / "second"}, 60s));
  const auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty("ready_ms", std::to_string(took / 1ms));
  EXPECT_LT(took, 10s);  // 3 s on a machine that is not busy with something else.
}

TEST_F(PostgresTest, OfAKilledBenchIsGoneAndLeavesNoFilesOrSharedMemory) {
  const auto postmaster = static_cast<pid_t>(told_by_killed_process([](const auto& tell) {
    const auto scratch = Scratch::make();
    if (!scratch) return;
    const auto postgres = Postgres::start({.folder = scratch->path() / "postgres"}, 60s);
    if (postgres) tell(postgres->pid());
  }));
  ASSERT_GT(postmaster, 0);
  EXPECT_TRUE(ask_until(std::chrono::steady_clock::now() + 10s,
                        [&] { return !owner_of(postmaster).has_value(); }));
  const auto folder = fs::directory_iterator(root_)->path();
  std::ifstream stream(folder / "postgres" / "data" / "postmaster.pid");
  std::string line;
  for (int i = 0; i < 7; ++i) std::getline(stream, line);
  unsigned long key = 0;
  int segment = -1;
  ASSERT_TRUE(std::istringstream(line) >> key >> segment);
  shmid_ds status{};
  ASSERT_EQ(::shmctl(segment, IPC_STAT, &status), 0);
  EXPECT_EQ(remove_abandoned().size(), 1U);
  EXPECT_TRUE(is_empty());
  EXPECT_EQ(::shmctl(segment, IPC_STAT, &status), -1);
}

TEST_F(PrivateServersTest, AMissingPostgresIsOneLineThatNamesThePackage) {
  ::setenv("STAMPEDE_POSTGRES_BIN", "/nonexistent", 1);
  const auto postgres = Postgres::start({.folder = root_ / "postgres"}, 60s);
  ASSERT_FALSE(postgres);
  EXPECT_EQ(postgres.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(postgres.error().message, AllOf(HasSubstr("postgresql-15"), Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace stampede::environment
