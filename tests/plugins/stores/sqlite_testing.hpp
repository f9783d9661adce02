// What the tests of the SQLite store share: a store with its parts in reach, a second connection to
// its file, and waiting for what the store says of itself.

#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "plugins/stores/sqlite/store.hpp"
#include "tests/plugins/stores/store_testing.hpp"

namespace stampede::testing {

namespace sqlite = stampede::stores::sqlite;

// The text of tests/plugins/stores/sql/<name>.sql.
inline std::string sql(const std::string& name) {
  std::ifstream file(std::string(STAMPEDE_SOURCE_DIR) + "/tests/plugins/stores/sql/" + name +
                     ".sql");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

inline const char* text_of(sqlite::Query query) {
  return sqlite::kQueries[static_cast<std::size_t>(query)].text;
}

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

inline double gauge(const Store& store, const std::string& name) {
  for (const auto& [gauge_name, value] : store.stats().gauges) {
    if (gauge_name == name) return value;
  }
  ADD_FAILURE() << "no gauge " << name;
  return -1;
}

inline std::int64_t count_of(const Store& store, const std::string& query_name) {
  for (const auto& query : store.stats().queries) {
    if (query.name == query_name) return query.count;
  }
  return 0;
}

// Another program that writes to the file: the store's writer waits until it lets go.
class ForeignWriter {
 public:
  explicit ForeignWriter(const std::string& path) : database_(path, SQLite::OPEN_READWRITE) {
    database_.exec(text_of(sqlite::Query::kBeginWrite));
  }
  void let_go() { database_.exec(text_of(sqlite::Query::kRollback)); }

 private:
  SQLite::Database database_;
};

class SqliteTest : public ::testing::Test {
 protected:
  SqliteTest() { options_.path = directory_.file("store.db"); }

  // Throws what the store throws.
  void open() {
    store_.reset();
    store_ = std::make_unique<sqlite::SqliteStore>(options_);
  }
  void open_seeded(const Seed& seed = small_seed()) {
    open();
    const auto seeded = store().seed(seed);
    ASSERT_TRUE(seeded) << seeded.error().message;
  }
  void close() { store_.reset(); }

  // What the store says when it refuses to open.
  std::string refusal() {
    try {
      open();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  Store& store() { return *store_; }

  Result<Outcome> place(std::uint64_t number, Deadline deadline = far_deadline(),
                        std::int64_t product = 1) {
    return run(
        store(), TransactionOptions{},
        [&](Transaction& t) -> Result<Outcome> {
          auto seen = t.product(ProductId{product});
          if (!seen) return Unexpected(seen.error());
          if (!*t.take_stock(**seen, 1)) return Outcome::refuse(RefusalCode::kInsufficientStock);
          auto order = make_order(number);
          order.items.resize(1);
          EXPECT_TRUE(t.add_order(order));
          EXPECT_TRUE(t.emit({std::to_string(number), "TOPIC", "key", "{}", ""}));
          return Outcome::commit();
        },
        deadline);
  }

  bool is_stored(std::uint64_t number) {
    return view_of(store())->order(order_id(number))->has_value();
  }

  std::string ask(const std::string& text) {
    SQLite::Database database(options_.path, SQLite::OPEN_READWRITE);
    return database.execAndGet(text).getString();
  }

  TemporaryDirectory directory_;
  sqlite::Options options_;
  std::unique_ptr<Store> store_;
};

}  // namespace stampede::testing
