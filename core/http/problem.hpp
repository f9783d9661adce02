// What can go wrong with a request, as RFC 9457 problem details. Every refusal, every error code
// and every fault of HTTP itself has one row in one table: its status, its stable code, its title.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/http_server.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::http {

// Faults that have neither a RefusalCode nor an ErrorCode. What is no request at all, or too large
// a one, never gets here: the front door answers it.
enum class RequestFault : std::uint8_t {
  kRouteNotFound,
  kOrderNotFound,
  kMethodNotAllowed,
  kUnsupportedMediaType,
  kNotHosted,
  kDealRunning,
  kDealNotRunning,
};

struct ProblemType {
  // What the platform is held to differs: a refusal is a correct "no", a bad request is the
  // client's fault, a failure is ours.
  enum class Kind : std::uint8_t { kRefusal, kBadRequest, kFailure };
  Kind kind;
  int status;
  std::string_view code;  // Stable: clients, logs and metrics tell problems apart by it.
  std::string_view title;
  bool retry = false;  // Sent with Retry-After: the same request may succeed soon.
};

// All of them. A problem type is named in metrics by its position here.
std::span<const ProblemType> problem_types();
std::size_t index_of(const ProblemType& type);

const ProblemType& problem_for(RefusalCode code);  // Not for kNone, which aborts.
const ProblemType& problem_for(ErrorCode code);
const ProblemType& problem_for(RequestFault fault);

// One thing wrong with a request: where, and what was expected there.
struct FieldFault {
  // "#/items/0/quantity" in the body (RFC 6901), "?size" in the query, "Idempotency-Key" for a
  // header, "{id}" in the path.
  std::string where;
  std::string expected;
};
using FieldFaults = std::vector<FieldFault>;

// The body of a problem response. `detail` and `faults` may be empty.
std::string problem_body(const ProblemType& type, std::string_view detail,
                         std::string_view correlation, const FieldFaults& faults = {});

}  // namespace stampede::http
