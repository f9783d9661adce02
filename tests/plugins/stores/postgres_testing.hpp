// What the tests of the PostgreSQL store share: a schema of the test's own, stores on it, and a
// second connection that looks behind their backs.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <memory>
#include <pqxx/pqxx>
#include <sstream>
#include <string>
#include <thread>

#include "plugins/stores/postgres/schema.hpp"
#include "plugins/stores/postgres/store.hpp"
#include "tests/plugins/stores/store_testing.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace stampede::testing {

namespace postgres = stampede::stores::postgres;

// Waits until the condition holds; false when it does not within a minute.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = far_deadline();
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// The text of tests/plugins/stores/sql/<name>.sql.
inline std::string sql(const std::string& name) {
  std::ifstream file(std::string(STAMPEDE_SOURCE_DIR) + "/tests/plugins/stores/sql/" + name +
                     ".sql");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto& cluster = PostgresCluster::instance();
    if (!cluster.missing().empty()) GTEST_SKIP() << cluster.missing();
    options_.url = cluster.url();
    options_.schema = cluster.fresh_schema();
    open();
  }

  void open() {
    store_.reset();
    store_ = make();
  }
  void open_seeded(const Seed& seed = small_seed()) {
    open();
    const auto seeded = store().seed(seed);
    ASSERT_TRUE(seeded) << seeded.error().message;
  }
  std::unique_ptr<postgres::PostgresStore> make() {
    return std::make_unique<postgres::PostgresStore>(options_);
  }
  postgres::PostgresStore& store() { return *store_; }

  // A connection of the test's own, which sees the schema.
  std::unique_ptr<pqxx::connection> connect() {
    auto connection = std::make_unique<pqxx::connection>(options_.url);
    connection->set_variable("search_path", options_.schema);
    return connection;
  }
  // The first field of what a text of tests/plugins/stores/sql/ answers.
  template <typename... Values>
  std::string ask(const std::string& name, const Values&... values) {
    const auto connection = connect();
    pqxx::nontransaction now(*connection);
    const auto rows = now.exec_params(sql(name), values...);
    return rows.empty() ? "" : rows[0][0].c_str();
  }

  std::int64_t stock(std::int64_t id) { return (*view_of(store())->product(ProductId{id}))->stock; }

  Result<Outcome> buy(std::int64_t product, const TransactionOptions& options = {},
                      Deadline deadline = far_deadline()) {
    return buy(store(), product, options, deadline);
  }
  static Result<Outcome> buy(Store& store, std::int64_t product,
                             const TransactionOptions& options = {},
                             Deadline deadline = far_deadline()) {
    return run(
        store, options,
        [&](Transaction& t) -> Result<Outcome> {
          const auto seen = t.product(ProductId{product});
          if (!seen) return Unexpected(seen.error());
          const auto taken = t.take_stock(**seen, 1);
          if (!taken) return Unexpected(taken.error());
          if (!*taken) return Outcome::refuse(RefusalCode::kInsufficientStock);
          return Outcome::commit();
        },
        deadline);
  }

  postgres::Options options_;
  std::unique_ptr<postgres::PostgresStore> store_;
};

}  // namespace stampede::testing
