#include "plugins/stores/postgres/failures.hpp"

#include <algorithm>
#include <pqxx/except>
#include <string_view>
#include <utility>

namespace stampede::stores::postgres {

namespace {

// The first line, without the "ERROR:  " that libpq puts before it.
std::string first_line(std::string_view text) {
  constexpr std::string_view kSeverities[] = {"ERROR:", "FATAL:", "PANIC:"};
  for (const auto severity : kSeverities) {
    if (text.starts_with(severity)) text.remove_prefix(severity.size());
  }
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return std::string(text.substr(0, text.find('\n')));
}

// SQLSTATE of a refusal: "SR" and the number of the RefusalCode.
RefusalCode refusal_of(std::string_view state) {
  int number = 0;
  for (const char digit : state.substr(2)) number = number * 10 + (digit - '0');
  return static_cast<RefusalCode>(number);
}

struct Known {
  std::string_view state;  // A state, or the class that it begins with.
  ErrorCode code;
  bool lost = false;
};

// The first that fits counts.
constexpr Known kKnown[] = {
    {"SC", ErrorCode::kConflict},
    {"SL", ErrorCode::kLeaseLost},
    {"SI", ErrorCode::kInternal},
    {"40003", ErrorCode::kInDoubt, true},
    {"40", ErrorCode::kConflict},  // Serialization failures and deadlocks.
    {"55P03", ErrorCode::kLockTimeout},
    {"57014", ErrorCode::kTimeout},  // The statement was cancelled.
    {"57P", ErrorCode::kUnavailable, true},
    {"08", ErrorCode::kUnavailable, true},
    {"53", ErrorCode::kUnavailable},  // Too many connections, no memory, a full disk.
    {"58", ErrorCode::kUnavailable},  // The system failed the server.
    {"22003", ErrorCode::kInvalid},   // A number would pass the largest there is.
    {"22021", ErrorCode::kInvalid},   // A text that is not UTF-8.
    {"22P05", ErrorCode::kInvalid},
    {"42501", ErrorCode::kInvalid},  // The role lacks a privilege.
};

Meaning meaning_of(std::string_view state, const std::string& message) {
  if (state.size() == 5 && state.starts_with("SR")) {
    return {.failure = {{ErrorCode::kInternal, message}, refusal_of(state)}};
  }
  if (state.empty()) return {.failure = {{ErrorCode::kUnavailable, message}}, .lost = true};
  for (const auto& known : kKnown) {
    if (state.starts_with(known.state)) {
      return {.failure = {{known.code, message}}, .lost = known.lost};
    }
  }
  return {.failure = {{ErrorCode::kInternal, message + " (" + std::string(state) + ")"}}};
}

}  // namespace

Meaning meaning_of(const std::exception& exception, const std::string& what) {
  const auto message = "postgres: " + what + ": " + first_line(exception.what());
  const auto as = [&](ErrorCode code, bool lost) {
    return Meaning{.failure = {{code, message}}, .lost = lost};
  };
  if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&exception)) {
    return meaning_of(sql->sqlstate(), message);
  }
  if (dynamic_cast<const pqxx::statement_completion_unknown*>(&exception) != nullptr) {
    return as(ErrorCode::kInDoubt, true);
  }
  if (dynamic_cast<const pqxx::transaction_rollback*>(&exception) != nullptr) {
    return as(ErrorCode::kConflict, false);
  }
  if (dynamic_cast<const pqxx::broken_connection*>(&exception) != nullptr) {
    return as(ErrorCode::kUnavailable, true);
  }
  return as(ErrorCode::kInternal,
            true);  // Of libpqxx itself: what the connection holds is unknown.
}

}  // namespace stampede::stores::postgres
