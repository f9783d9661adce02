// Experiments whose servers the bench provides: PostgreSQL, Redis, several instances; and that
// nothing of them stays behind, however a run ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <pqxx/pqxx>
#include <string>

#include "experiments/environment/database.hpp"
#include "experiments/environment/postgres.hpp"
#include "experiments/environment/postgres_files.hpp"
#include "experiments/environment/redis.hpp"
#include "experiments/environment/scratch.hpp"
#include "experiments/report/result_file.hpp"
#include "tests/e2e/experiment.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

namespace fs = std::filesystem;
using environment::Postgres;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Private servers of these tests are below a folder of their own.
class PrivateServersRunTest : public ::testing::Test {
 protected:
  PrivateServersRunTest() {
    std::string pattern = "/var/tmp/stmp-e2e-XXXXXX";
    scratch_ = ::mkdtemp(pattern.data());
    fs::permissions(scratch_, fs::perms(0755));
    ::setenv("TMPDIR", scratch_.c_str(), 1);
  }
  ~PrivateServersRunTest() override {
    environment::remove_abandoned(scratch_);
    ::unsetenv("TMPDIR");
    ::unsetenv("STAMPEDE_POSTGRES_BIN");
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
  }
  void SetUp() override {
    if (const auto found = environment::find_postgres(); !found) {
      GTEST_SKIP() << found.error().message;
    }
    if (const auto found = environment::find_redis(); !found) {
      GTEST_SKIP() << found.error().message;
    }
  }

  report::RunResult result() const {
    auto result = report::read_result(folder_.path() / "results" / "latest" / "run.json");
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : report::RunResult{};
  }

  bool nothing_left() const { return fs::is_empty(scratch_) && working_in_scratch().empty(); }
  std::vector<pid_t> working_in_scratch() const { return processes_naming(scratch_); }

  const Folder folder_;  // Made before TMPDIR is another one.
  fs::path scratch_;
};

std::string small(const std::string& more, const std::string& duration = "2s") {
  return "experiment: tiny\n"
         "base: {server: {workers: 4}, store: {use: postgres, pool.max: 4}}\n"
         "data: {users: 50, products: 3, stock: 1000000}\n"
         "load: {executor: constant-vus, vus: 4, warmup: 200ms, duration: " +
         duration + ", mix: {order: 100}}\n" + more;
}

std::vector<std::string> names_of(const report::Block& block) {
  std::vector<std::string> names;
  for (const auto& process : block.processes) names.push_back(process.name);
  return names;
}

TEST_F(PrivateServersRunTest, AreProvidedFreshForEachRunAndGoneAfterwards) {
  const auto ended = run_experiment(
      folder_, small("variants:\n"
                     "  row: {lock: {use: pessimistic}, instances: 2}\n"
                     "  redis: {lock: {use: redlock, nodes: 3}, postgres: {fsync: off}}\n"
                     "blocks: 2\n"));
  EXPECT_EQ(ended.status.code, 0) << ended.out << ended.error;
  EXPECT_TRUE(nothing_left());
  const auto found = result();
  ASSERT_EQ(found.cells.size(), 2U);
  for (const auto& cell : found.cells) {
    SCOPED_TRACE(cell.name);
    EXPECT_EQ(cell.state, report::State::kDone) << cell.state_reason;
    ASSERT_EQ(cell.blocks.size(), 2U);
    EXPECT_GT(cell.summary.tps, 0);
    // Rows of an earlier block would be sold twice.
    EXPECT_FALSE(cell.summary.has_failed_audit());
    const auto& block = cell.blocks[0];
    EXPECT_THAT(names_of(block), cell.name == "row"
                                     ? testing::Matcher<std::vector<std::string>>(ElementsAre(
                                           "server 1", "server 2", "postgres", "generator"))
                                     : ElementsAre("server", "postgres", "redis 1", "redis 2",
                                                   "redis 3", "generator"));
    for (const auto& process : block.processes) {
      SCOPED_TRACE(process.name);
      EXPECT_FALSE(process.samples.at_s.empty());
      EXPECT_GT(process.use.resident_bytes, 0);
      if (process.name.starts_with("redis")) continue;  // It may need less than a tick.
      EXPECT_GT(process.use.cpu_s, 0);
    }
  }
  EXPECT_NE(found.cells[0].bench, "");
}

TEST_F(PrivateServersRunTest, AreGoneAfterCtrlC) {
  Program stampede(folder_, "stampede", run_arguments(folder_, small("", "1h")));
  // The bench and its server, and the server's database.
  ASSERT_TRUE(eventually([&] {
    return processes_naming(folder_.path()).size() > 1 && !working_in_scratch().empty();
  })) << stampede.error();
  ASSERT_EQ(::kill(stampede.pid(), SIGINT), 0);
  EXPECT_EQ(stampede.end().status.code, 2);
  EXPECT_TRUE(nothing_left());
}

TEST_F(PrivateServersRunTest, OfAKilledBenchAreRemovedByTheNextOne) {
  Program stampede(folder_, "stampede", run_arguments(folder_, small("", "1h")));
  ASSERT_TRUE(eventually([&] { return !working_in_scratch().empty(); })) << stampede.error();
  ASSERT_EQ(::kill(stampede.pid(), SIGKILL), 0);
  stampede.end();
  EXPECT_TRUE(eventually([&] { return working_in_scratch().empty(); }));
  EXPECT_FALSE(fs::is_empty(scratch_));
  const auto next = run_experiment(folder_, tiny_experiment("blocks: 1"), {"--only", "memory"});
  EXPECT_EQ(next.status.code, 0) << next.error;
  EXPECT_TRUE(nothing_left());
}

TEST_F(PrivateServersRunTest, AMissingProgramIsOneLineBeforeAnythingStarts) {
  ::setenv("STAMPEDE_POSTGRES_BIN", "/nonexistent", 1);
  const auto ended = run_experiment(folder_, small(""));
  EXPECT_EQ(ended.status.code, 2);
  EXPECT_THAT(ended.error, HasSubstr("postgresql-15"));
  EXPECT_EQ(std::ranges::count(ended.error, '\n'), 1) << ended.error;
  EXPECT_FALSE(fs::exists(folder_.path() / "results"));
}

class UsersServerRunTest : public PrivateServersRunTest {
 protected:
  void SetUp() override {
    PrivateServersRunTest::SetUp();
    if (IsSkipped()) return;
    auto made = environment::Scratch::make(scratch_);
    ASSERT_TRUE(made);
    home_.emplace(std::move(*made));
    auto started = Postgres::start({.folder = home_->path() / "postgres"}, kPatience);
    ASSERT_TRUE(started) << started.error().message;
    users_.emplace(std::move(*started));
    ASSERT_TRUE(users_->create_database("shop"));
    url_ = users_->url("shop");
    say("SELECT 1 AS one INTO mine");
    ::setenv("STAMPEDE_TEST_URL", url_.c_str(), 1);
  }

  void say(const std::string& statement) const {
    pqxx::connection connection(url_);
    pqxx::nontransaction(connection).exec(statement);
  }

  // Every table of the database but the system's.
  std::vector<std::string> tables() const {
    pqxx::connection connection(url_);
    pqxx::nontransaction statements(connection);
    std::vector<std::string> names;
    for (const auto& row : statements.exec("TABLE pg_catalog.pg_tables")) {
      const auto schema = row["schemaname"].as<std::string>();
      if (schema == "pg_catalog" || schema == "information_schema") continue;
      names.push_back(schema + "." + row["tablename"].as<std::string>());
    }
    return names;
  }
  std::size_t schemas() const {
    const auto marked = environment::marked_schemas(url_);
    return marked ? marked->size() : 99;
  }

  static std::string on_users_server(const std::string& more, const std::string& duration = "2s") {
    auto yaml = small(more, duration);
    const std::string plain = "{use: postgres, ";
    return yaml.replace(yaml.find(plain), plain.size(), plain + "url: \"${STAMPEDE_TEST_URL}\", ");
  }

  std::optional<environment::Scratch> home_;
  std::optional<Postgres> users_;
  std::string url_;
};

TEST_F(UsersServerRunTest, IsLeftAsItWas) {
  const auto ended = run_experiment(folder_, on_users_server("blocks: 2\n"));
  EXPECT_EQ(ended.status.code, 0) << ended.out << ended.error;
  EXPECT_THAT(tables(), ElementsAre("public.mine"));
  EXPECT_EQ(schemas(), 0U);
  // The url came from the environment: nobody is to read it.
  const auto text = read_text(folder_.path() / "results" / "latest" / "run.json");
  EXPECT_THAT(text, Not(HasSubstr(url_)));
}

TEST_F(UsersServerRunTest, LosesTheSchemaOfAKilledBenchToTheNextRun) {
  Program stampede(folder_, "stampede", run_arguments(folder_, on_users_server("", "1h")));
  ASSERT_TRUE(eventually([&] { return schemas() == 1 && tables().size() > 5; }))
      << stampede.error();
  ASSERT_EQ(::kill(stampede.pid(), SIGKILL), 0);
  stampede.end();
  EXPECT_EQ(schemas(), 1U);
  const auto next = run_experiment(folder_, on_users_server("blocks: 1\n"));
  EXPECT_EQ(next.status.code, 0) << next.out << next.error;
  EXPECT_EQ(schemas(), 0U);
  EXPECT_THAT(tables(), ElementsAre("public.mine"));
}

TEST(NotApplicableTest, CellsAreShownAndDoNotFailTheRun) {
  const Folder folder;
  const auto ended = run_experiment(folder, tiny_experiment("blocks: 1"),
                                    {"--set", "lock.use=pessimistic", "--only", "memory"});
  EXPECT_EQ(ended.status.code, 0) << ended.error;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("(not applicable)"), HasSubstr("does not run on store")));
  const auto result = report::read_result(folder.path() / "results" / "latest" / "run.json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->cells[0].state, report::State::kNotApplicable);
  EXPECT_FALSE(result->interrupted);
}

}  // namespace
}  // namespace stampede::e2e
