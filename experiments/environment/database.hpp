// What the bench itself says to a PostgreSQL server: databases and schemas come and go. A
// connection is made for each call; one thread at a time.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/api/result.hpp"

namespace stampede::environment {

// `connection` is a libpq connection string or URI. Errors: kUnavailable, with the server's words
// and without the connection string, which may hold a password. Names are identifiers of ours:
// letters, digits and _.
Result<void> answers(const std::string& connection);
Result<void> create_role(const std::string& connection, const std::string& role,
                         const std::string& password);
Result<void> create_database(const std::string& connection, const std::string& name,
                             const std::string& owner, const std::string& source);
// Ends the sessions in it. No database of that name is fine.
Result<void> drop_database(const std::string& connection, const std::string& name);
Result<void> checkpoint(const std::string& connection);

// A schema that is marked with the text `owner`, in a server of the user's.
Result<void> create_schema(const std::string& connection, const std::string& name,
                           const std::string& owner);
Result<void> drop_schema(const std::string& connection, const std::string& name);
// Names and owners of the marked schemas; only those called kSchemaPrefix... are looked at.
Result<std::vector<std::pair<std::string, std::string>>> marked_schemas(
    const std::string& connection);

inline constexpr char kSchemaPrefix[] = "stampede_run_";

}  // namespace stampede::environment
