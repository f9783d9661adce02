// What became of requests, as the store knows it. An issued one left its key with the coupon, in
// the transaction that issued it; a failed one is noted here, so that it is visible and stays
// failed when it is delivered again. Safe for concurrent use; the store outlives the book.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"
#include "core/issue/issue_request.hpp"
#include "core/pipeline/sources.hpp"

namespace stampede::issue {

enum class IssueState : std::uint8_t { kPending, kIssued, kFailed };

struct IssueStatus {
  IssueState state = IssueState::kPending;  // Also of a request that nobody has heard of.
  std::string reason;                       // Why it failed: "SOLD_OUT".

  bool operator==(const IssueStatus&) const = default;
};

struct Refused {
  const IssueRequest& request;
  RefusalCode reason = RefusalCode::kNone;
};

// A request that failed, for whoever audits.
struct FailedRequest {
  IssueRequest request;
  std::string reason;
};

class RequestBook {
 public:
  // What the names of the steps begin with.
  static constexpr std::string_view kStepPrefix = "issue ";

  RequestBook(Store& store, pipeline::WallClock& clock) : store_(store), clock_(clock) {}

  static std::string step_key(std::string_view request);

  Result<IssueStatus> status(const std::string& request, Context& context);

  // Notes those that failed, together; answers what each is now: one that was issued, or failed
  // for another reason, before stays what it was.
  Result<std::vector<IssueStatus>> refuse(std::span<const Refused> refused, Context& context);

  // Failed requests, by id, after this one; "" for the start.
  Result<std::vector<FailedRequest>> failed_after(std::string_view request, std::int64_t limit,
                                                  Deadline deadline);

 private:
  Store& store_;
  pipeline::WallClock& clock_;
};

// The code that a client is told: "SOLD_OUT".
std::string_view reason_name(RefusalCode code);

}  // namespace stampede::issue
