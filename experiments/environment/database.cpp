#include "experiments/environment/database.hpp"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "experiments/environment/statements.hpp"

namespace stampede::environment {

namespace {

// libpq's messages span lines and end with one.
std::string in_one_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  for (auto& c : text) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return text;
}

template <typename Work>
auto with_connection(const std::string& connection, Work work)
    -> Result<decltype(work(std::declval<pqxx::nontransaction&>()))> {
  try {
    pqxx::connection session(connection);
    pqxx::nontransaction statements(session);
    if constexpr (std::is_void_v<decltype(work(statements))>) {
      work(statements);
      return {};
    } else {
      return work(statements);
    }
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable, "PostgreSQL: " + in_one_line(error.what()));
  }
}

Result<void> run(const std::string& connection, const std::string& statement) {
  return with_connection(connection,
                         [&](pqxx::nontransaction& statements) { statements.exec(statement); });
}

}  // namespace

Result<void> answers(const std::string& connection) {
  return with_connection(connection, [](pqxx::nontransaction&) {});
}

Result<void> create_role(const std::string& connection, const std::string& role,
                         const std::string& password) {
  return run(connection,
             fmt::format(sql::kCreateRole, fmt::arg("role", role), fmt::arg("password", password)));
}

Result<void> create_database(const std::string& connection, const std::string& name,
                             const std::string& owner, const std::string& source) {
  return run(connection, fmt::format(sql::kCreateDatabase, fmt::arg("name", name),
                                     fmt::arg("owner", owner), fmt::arg("source", source)));
}

Result<void> drop_database(const std::string& connection, const std::string& name) {
  return run(connection, fmt::format(sql::kDropDatabase, fmt::arg("name", name)));
}

Result<void> checkpoint(const std::string& connection) { return run(connection, sql::kCheckpoint); }

Result<void> create_schema(const std::string& connection, const std::string& name,
                           const std::string& owner) {
  return with_connection(connection, [&](pqxx::nontransaction& statements) {
    statements.exec(fmt::format(sql::kCreateSchema, fmt::arg("name", name)));
    statements.exec(fmt::format(sql::kMarkSchema, fmt::arg("name", name),
                                fmt::arg("owner", statements.esc(owner))));
  });
}

Result<void> drop_schema(const std::string& connection, const std::string& name) {
  return run(connection, fmt::format(sql::kDropSchema, fmt::arg("name", name)));
}

Result<std::vector<std::pair<std::string, std::string>>> marked_schemas(
    const std::string& connection) {
  return with_connection(connection, [](pqxx::nontransaction& statements) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& row : statements.exec(sql::kMarkedSchemas)) {
      found.emplace_back(row[0].as<std::string>(), row[1].as<std::string>());
    }
    return found;
  });
}

}  // namespace stampede::environment
