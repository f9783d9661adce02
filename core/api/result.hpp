// Error is how everything that crosses a plugin boundary reports a fault. Result<T> is a T or an
// Error; nothing thrown ever crosses that boundary.
//
// A business refusal ("sold out", "coupon already issued") is not an error: it is an ordinary
// value, see Outcome in operation.hpp.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace stampede {

enum class ErrorCode : std::uint8_t {
  kConflict,     // Another execution changed what this one read; running it again may succeed.
  kLockTimeout,  // The lock was not acquired before the deadline; nothing was changed.
  kPoolTimeout,  // No connection or read view was free before the deadline; nothing was changed.
  kLeaseLost,  // The lock ran out, or passed to another holder, before the commit; nothing changed.
  kTimeout,    // The deadline passed before the work was handed over; nothing was changed.
  kOverloaded,   // A bounded queue is full; nothing was changed.
  kUnavailable,  // The backend cannot be reached; nothing was changed.
  kInDoubt,      // The outcome is not known. Never retried blindly: look the operation's key up.
  kNotFound,     // A plugin, file or option does not exist.
  kInvalid,      // The request or the configuration is wrong; never retried.
  kInternal,     // A bug or a broken backend; the message says what was seen.
};

// The name used in logs, metrics and problem details, for example "LOCK_TIMEOUT".
constexpr std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConflict:
      return "CONFLICT";
    case ErrorCode::kLockTimeout:
      return "LOCK_TIMEOUT";
    case ErrorCode::kPoolTimeout:
      return "POOL_TIMEOUT";
    case ErrorCode::kLeaseLost:
      return "LEASE_LOST";
    case ErrorCode::kTimeout:
      return "TIMEOUT";
    case ErrorCode::kOverloaded:
      return "OVERLOADED";
    case ErrorCode::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCode::kInDoubt:
      return "IN_DOUBT";
    case ErrorCode::kNotFound:
      return "NOT_FOUND";
    case ErrorCode::kInvalid:
      return "INVALID";
    case ErrorCode::kInternal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

struct Error {
  ErrorCode code;
  std::string message;  // For people: what, where, and what was expected.
};

template <typename T>
using Result = tl::expected<T, Error>;
using Unexpected = tl::unexpected<Error>;

inline Unexpected fail(ErrorCode code, std::string message) {
  return Unexpected(Error{code, std::move(message)});
}

}  // namespace stampede
