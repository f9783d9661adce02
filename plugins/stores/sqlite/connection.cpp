#include "plugins/stores/sqlite/connection.hpp"

namespace stampede::stores::sqlite {

Connection::Connection(const Options& options, QueryTimes& times)
    : database_(options.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                static_cast<int>(options.busy_timeout.count())),
      times_(times),
      counts_(times.add_connection()) {
  script(Query::kTune);
  script(options.synchronous_full ? Query::kSynchronousFull : Query::kSynchronousNormal);
}

void Connection::prepare(Query query) {
  const auto index = static_cast<std::size_t>(query);
  statements_[index] = std::make_unique<SQLite::Statement>(database_, kQueries[index].text);
}

int Connection::extended_code(int code) const {
  const int extended = sqlite3_extended_errcode(handle());
  return (extended & 0xff) == (code & 0xff) ? extended : code;
}

Error Connection::error(int code, Query query) const {
  const auto meaning = [&] {
    switch (code & 0xff) {
      case SQLITE_INTERRUPT:
        return ErrorCode::kConflict;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_FULL:
      case SQLITE_IOERR:
      case SQLITE_CANTOPEN:
      case SQLITE_READONLY:
      case SQLITE_NOMEM:
      case SQLITE_PROTOCOL:
        return ErrorCode::kUnavailable;
      default:
        return code == SQLITE_CONSTRAINT_DATATYPE ? ErrorCode::kInvalid : ErrorCode::kInternal;
    }
  }();
  std::string message = std::string("sqlite: query '") +
                        kQueries[static_cast<std::size_t>(query)].name +
                        "': " + sqlite3_errstr(code) + " (" + std::to_string(code) + ")";
  if (meaning == ErrorCode::kInvalid) message += ": a number would pass the largest there is";
  return {meaning, std::move(message)};
}

}  // namespace stampede::stores::sqlite
