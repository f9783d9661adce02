#include "plugins/stores/postgres/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <map>
#include <pqxx/nontransaction>
#include <pqxx/stream_to>
#include <utility>

#include "plugins/stores/postgres/failures.hpp"

namespace stampede::stores::postgres {

namespace {

// What a url that does not say otherwise gets, so that no call hangs on a server that is gone.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"application_name", "stampede"}, {"connect_timeout", "5"},  {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},     {"keepalives_count", "3"}, {"tcp_user_timeout", "15000"},
};

std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + '\'';
}

constexpr std::string_view kSchemaMark = ":schema";

}  // namespace

Result<std::string> connection_string(const std::string& url) {
  char* why = nullptr;
  auto* const parsed = PQconninfoParse(url.c_str(), &why);
  if (parsed == nullptr) {
    std::string message = why == nullptr ? "no memory" : why;
    PQfreemem(why);
    while (!message.empty() && message.back() == '\n') message.pop_back();
    return fail(ErrorCode::kInvalid,
                "option 'url': " + message + "; expected postgresql://user@host:port/database");
  }
  std::map<std::string, std::string> values(std::begin(kDefaults), std::end(kDefaults));
  for (const auto* option = parsed; option->keyword != nullptr; ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  PQconninfoFree(parsed);
  std::string text;
  for (const auto& [key, value] : values) text += key + "=" + quoted(value) + " ";
  return text;
}

// Adds to what a statement did what its failure means. `lost` is remembered: see is_broken().
template <typename Action>
auto Connection::attempt(const char* what, Action action) -> Tried<decltype(action())> {
  try {
    if constexpr (std::is_void_v<decltype(action())>) {
      action();
      return {};
    } else {
      return action();
    }
  } catch (const std::exception& exception) {
    auto meaning = meaning_of(exception, what);
    broken_ = broken_ || meaning.lost || !connection_.is_open();
    return tl::unexpected(std::move(meaning.failure));
  }
}

Connection::Connection(const std::string& connection_string, const Options& options,
                       QueryTimes& times)
    : times_(times),
      counts_(times.add_connection()),
      connection_(connection_string),
      quiet_(connection_),
      schema_(options.schema) {
// A connection that came back by itself would have lost its search path.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
  statements_ = std::make_unique<pqxx::nontransaction>(connection_);
}

Connection::~Connection() {
  statements_.reset();
  times_.retire(counts_);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& connection_string,
                                                     const Options& options, QueryTimes& times) {
  try {
    std::unique_ptr<Connection> connection(new Connection(connection_string, options, times));
    auto set =
        connection->run(Query::kSession, options.schema, options.synchronous_commit ? "on" : "off");
    if (!set) return unexpected(std::move(set.error()));
    return connection;
  } catch (const std::exception& exception) {
    auto error = meaning_of(exception, "cannot connect").failure.error;
    error.code = ErrorCode::kUnavailable;
    return Unexpected(std::move(error));
  }
}

Tried<pqxx::result> Connection::run(Query query, const Parameters& parameters) {
  const auto index = static_cast<std::size_t>(query);
  const auto* const name = kQueries[index].name;
  if (!parameters.are_storable()) {
    return tl::unexpected(
        Failure{{ErrorCode::kInvalid, std::string("postgres: ") + name +
                                          ": a text holds a zero byte, which cannot be stored"}});
  }
  const bool timed = counts_->count(index);
  const auto started = timed ? Clock::now() : Clock::time_point();
  auto result = attempt(name, [&] {
    if (!prepared_[index]) {
      connection_.prepare(name, kQueries[index].text);
      prepared_[index] = true;
    }
    return statements_->exec_prepared(name,
                                      pqxx::prepare::make_dynamic_params(parameters.pointers()));
  });
  if (timed) times_.record(index, Clock::now() - started);
  return result;
}

Tried<void> Connection::script(std::string_view text) {
  std::string filled(text);
  for (auto at = filled.find(kSchemaMark); at != std::string::npos;
       at = filled.find(kSchemaMark, at)) {
    filled.replace(at, kSchemaMark.size(), connection_.quote_name(schema_));
  }
  return attempt("script", [&] { statements_->exec(filled); });
}

Tried<void> Connection::copy(const std::string& table, const std::vector<std::string>& columns,
                             const Write& write) {
  return attempt(table.c_str(), [&] {
    pqxx::stream_to stream(*statements_, table, columns);
    write(stream);
    stream.complete();
  });
}

// Nothing is expected from a server that was asked nothing: what it sends is that it goes.
bool Connection::is_alive() const {
  if (broken_ || !connection_.is_open()) return false;
  pollfd socket{.fd = connection_.sock(), .events = POLLIN, .revents = 0};
  return ::poll(&socket, 1, 0) == 0;
}

}  // namespace stampede::stores::postgres
