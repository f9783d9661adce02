// One SQLite connection and its prepared queries. A query is prepared when it is first run, and
// reset after every run: an un-reset SELECT would pin the write-ahead log.
//
// Used by one thread at a time; only interrupt() may come from another.

#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/api/ids.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "plugins/stores/query_times.hpp"
#include "plugins/stores/sqlite/options.hpp"
#include "plugins/stores/sqlite/queries.hpp"

namespace stampede::stores::sqlite {

// Parameters outlive the run, so nothing is copied.
inline void bind(SQLite::Statement& statement, int index, std::int64_t value) {
  statement.bind(index, value);
}
inline void bind(SQLite::Statement& statement, int index, const std::string& value) {
  statement.bindNoCopy(index, value);
}
inline void bind(SQLite::Statement& statement, int index, const OrderId& value) {
  statement.bindNoCopy(index, value.bytes.data(), static_cast<int>(value.bytes.size()));
}
template <typename Value>
void bind(SQLite::Statement& statement, int index, const std::optional<Value>& value) {
  if (value) {
    bind(statement, index, *value);
  } else {
    statement.bind(index);
  }
}

class Connection {
 public:
  // Opens the file for reading and writing (a reader, too, must be able to recover the log), and
  // creates it when it is missing. Throws SQLite::Exception.
  Connection(const Options& options, QueryTimes& times);

  // Runs the query to its end and calls row(statement) for each row. Answers SQLite's extended
  // result code, SQLITE_DONE when all went well. Throws when it cannot be prepared.
  template <typename Row, typename... Parameters>
  int run(Query query, Row row, const Parameters&... parameters) {
    auto& statement = prepared(query);
    const Timing timing(*this, query);
    const Reset reset{statement};
    bind_all(statement, std::index_sequence_for<Parameters...>{}, parameters...);
    int code = SQLITE_OK;
    while ((code = statement.tryExecuteStep()) == SQLITE_ROW) row(statement);
    return code == SQLITE_DONE ? code : extended_code(code);
  }

  // The same for a query without rows.
  template <typename... Parameters>
  int write(Query query, const Parameters&... parameters) {
    return run(
        query, [](SQLite::Statement&) {}, parameters...);
  }

  // Runs a text of several statements; throws SQLite::Exception.
  void script(const char* text) { database_.exec(text); }
  void script(Query query) { script(kQueries[static_cast<std::size_t>(query)].text); }

  // Rows changed by the last write.
  int changes() const { return sqlite3_changes(handle()); }
  // Rows changed since the connection was opened.
  std::int64_t total_changes() const { return sqlite3_total_changes64(handle()); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }
  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(handle()); }
  // Stops the statement that runs now, if one does. May be called from any thread.
  void interrupt() { sqlite3_interrupt(handle()); }
  sqlite3* handle() const { return database_.getHandle(); }

  // What a result code means to the caller, with the query's name and SQLite's own words.
  Error error(int code, Query query) const;

 private:
  struct Reset {
    SQLite::Statement& statement;
    ~Reset() { statement.tryReset(); }
  };

  class Timing {
   public:
    Timing(Connection& connection, Query query)
        : connection_(connection),
          query_(query),
          timed_(connection.counts_->count(static_cast<std::size_t>(query))) {
      if (timed_) started_ = Clock::now();
    }
    ~Timing() {
      if (timed_)
        connection_.times_.record(static_cast<std::size_t>(query_), Clock::now() - started_);
    }
    Timing(const Timing&) = delete;
    Timing& operator=(const Timing&) = delete;

   private:
    Connection& connection_;
    const Query query_;
    const bool timed_;
    Clock::time_point started_;
  };

  template <std::size_t... kIndex, typename... Parameters>
  static void bind_all(SQLite::Statement& statement, std::index_sequence<kIndex...>,
                       const Parameters&... parameters) {
    (bind(statement, static_cast<int>(kIndex) + 1, parameters), ...);
  }

  SQLite::Statement& prepared(Query query) {
    auto& statement = statements_[static_cast<std::size_t>(query)];
    if (!statement) prepare(query);
    return *statement;
  }
  void prepare(Query query);
  int extended_code(int code) const;

  SQLite::Database database_;
  QueryTimes& times_;
  const std::shared_ptr<QueryCounts> counts_;
  std::array<std::unique_ptr<SQLite::Statement>, kQueryCount> statements_;
};

}  // namespace stampede::stores::sqlite
