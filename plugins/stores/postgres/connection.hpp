// One connection to PostgreSQL and its prepared queries. A query is prepared when it is first run.
// A connection that was lost never comes back by itself, because it would have lost its settings.
//
// Used by one thread at a time.

#pragma once

#include <array>
#include <functional>
#include <memory>
#include <pqxx/connection>
#include <pqxx/errorhandler>
#include <pqxx/result>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "plugins/stores/postgres/options.hpp"
#include "plugins/stores/postgres/parameters.hpp"
#include "plugins/stores/postgres/queries.hpp"
#include "plugins/stores/query_times.hpp"

namespace pqxx {
class nontransaction;
class stream_to;
}  // namespace pqxx

namespace stampede::stores::postgres {

// Why a statement was not carried out.
struct Failure {
  Error error;
  RefusalCode refusal = RefusalCode::kNone;  // A "no" of the business, and no error.
};

template <typename T>
using Tried = tl::expected<T, Failure>;

inline Unexpected unexpected(Failure failure) { return Unexpected(std::move(failure.error)); }

// The url with the defaults that it leaves open, as libpq's key=value pairs; kInvalid when libpq
// does not understand it.
Result<std::string> connection_string(const std::string& url);

class Connection {
 public:
  // Connects and sets the session up. kUnavailable when the server cannot be reached.
  static Result<std::unique_ptr<Connection>> open(const std::string& connection_string,
                                                  const Options& options, QueryTimes& times);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs the query to its end.
  Tried<pqxx::result> run(Query query, const Parameters& parameters);
  template <typename... Values>
  Tried<pqxx::result> run(Query query, const Values&... values) {
    return run(query, Parameters(values...));
  }

  // Runs a text of several statements, without parameters; `schema` stands for :schema.
  Tried<void> script(std::string_view text);
  Tried<void> script(Query query) { return script(text_of(query)); }

  // Copies rows into a table; `write` is called once and puts each row into the stream, as a tuple.
  using Write = std::function<void(pqxx::stream_to&)>;
  Tried<void> copy(const std::string& table, const std::vector<std::string>& columns,
                   const Write& write);

  // False when the server has hung up since the last statement. Sends nothing.
  bool is_alive() const;
  // The connection was lost, or what it holds is not known.
  bool is_broken() const { return broken_; }
  void break_off() { broken_ = true; }

  static const char* text_of(Query query) { return kQueries[static_cast<std::size_t>(query)].text; }
  static const char* name_of(Query query) { return kQueries[static_cast<std::size_t>(query)].name; }

 private:
  Connection(const std::string& connection_string, const Options& options, QueryTimes& times);
  template <typename Action>
  auto attempt(const char* what, Action action) -> Tried<decltype(action())>;

  QueryTimes& times_;
  const std::shared_ptr<QueryCounts> counts_;
  pqxx::connection connection_;
  pqxx::quiet_errorhandler quiet_;
  std::unique_ptr<pqxx::nontransaction> statements_;
  const std::string schema_;
  std::array<bool, kQueryCount> prepared_{};
  bool broken_ = false;
};

}  // namespace stampede::stores::postgres
