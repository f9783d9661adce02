// The limit of the SQLite store: one thread that runs the store's own statements through SQLiteCpp,
// with the same checks, 64 orders to a commit, and nobody to answer. What the store adds to it is
// snapshots, the hand-over to the writer and the answers.
//
// Used by one thread. What fails ends the process.

#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <filesystem>
#include <memory>

#include "plugins/stores/sqlite/queries.hpp"
#include "tests/benchmarks/plain_order.hpp"

namespace stampede::benchmarks {

class RawSqlite {
 public:
  enum class Savepoints : bool { kNone, kAroundEachOrder };

  // The file was made and filled by the store.
  RawSqlite(const std::filesystem::path& path, Savepoints savepoints);

  // One transaction: begin(), any number of orders, commit().
  void begin();
  void place_order(OrderMaker& maker, UserId user, ProductId product);
  void commit();

 private:
  using Query = stores::sqlite::Query;

  SQLite::Statement& prepared(Query query);
  template <typename... Parameters>
  SQLite::Statement& start(Query query, const Parameters&... parameters);
  // Runs a write to its end and checks that it changed one row.
  template <typename... Parameters>
  void write(Query query, const Parameters&... parameters);
  // Runs what changes no row.
  void control(Query query);
  void insert(const PlainOrder& made);

  SQLite::Database database_;
  const Savepoints savepoints_;
  std::array<std::unique_ptr<SQLite::Statement>, stores::sqlite::kQueryCount> statements_;
};

}  // namespace stampede::benchmarks
