// What an exception of libpqxx means to the caller. Pure functions.

#pragma once

#include <exception>
#include <string>

#include "plugins/stores/postgres/connection.hpp"

namespace stampede::stores::postgres {

struct Meaning {
  Failure failure;
  bool lost = false;  // The connection is of no use any more.
};

// `what` names the statement.
Meaning meaning_of(const std::exception& exception, const std::string& what);

}  // namespace stampede::stores::postgres
