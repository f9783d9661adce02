// What a handler says: a success with a body, or a problem. A plain value; turned into an HTTP
// response, with the headers that every response has, by Api::respond.

#pragma once

#include <string>
#include <utility>

#include "core/http/problem.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/saga/calls.hpp"

namespace stampede::http {

struct Answer {
  int status = 200;  // Of a success; a problem has its own.
  std::string body;
  std::string content_type = "application/json";
  const ProblemType* problem = nullptr;  // Null on success.
  std::string detail;                    // Of the problem, for the client.
  FieldFaults faults;                    // Of a request that is not valid.
  std::string internal;                  // For the log only: what the client must not see.
  std::string_view allow;                // With METHOD_NOT_ALLOWED.
  bool replayed = false;                 // The key was known: this is the answer of the first time.
};

inline Answer succeed(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

inline Answer refuse(const ProblemType& problem, std::string detail = {}) {
  return {.problem = &problem, .detail = std::move(detail)};
}

inline Answer refuse_invalid(FieldFaults faults) {
  return {.problem = &problem_for(ErrorCode::kInvalid), .faults = std::move(faults)};
}

// The message of an internal error may name files, hosts or queries: it goes to the log. Which
// service did not answer may be told.
inline Answer refuse(const Error& error) {
  const auto& problem = problem_for(error.code);
  if (error.code == ErrorCode::kInternal || error.code == ErrorCode::kUnavailable) {
    return {.problem = &problem,
            .detail = std::string(saga::told_of(error)),
            .internal = error.message};
  }
  return {.problem = &problem, .detail = error.message, .internal = error.message};
}

}  // namespace stampede::http
