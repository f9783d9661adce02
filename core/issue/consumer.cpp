#include "core/issue/consumer.hpp"

#include <utility>

namespace stampede::issue {

namespace {

// The first error of several steps; the later steps go on, for the other requests.
class FirstError {
 public:
  void add(Result<void> done) {
    if (!done && first_) first_ = std::move(done);
  }
  Result<void> take() { return std::move(first_); }

 private:
  Result<void> first_;
};

}  // namespace

Result<void> Consumer::handle(std::span<const Event> events, Deadline deadline) {
  const auto inside = parts_.epochs.enter();
  auto cases = read(events);
  Phases phases;
  Context context{deadline, phases};
  FirstError error;
  if (parts_.gate != nullptr && parts_.gate_at == GateAt::kConsume) {
    error.add(ask_gate(cases, context));
  } else {
    for (auto& one : cases) one.holds_grant = parts_.gate != nullptr;
  }
  for (auto& one : cases) {
    if (one.fate == Case::Fate::kGranted) error.add(issue(one, deadline));
  }
  auto noted = note_refused(cases, context);
  if (noted) error.add(settle(cases, deadline));
  error.add(std::move(noted));
  return error.take();
}

std::vector<Consumer::Case> Consumer::read(std::span<const Event> events) {
  std::vector<Case> cases;
  cases.reserve(events.size());
  for (const auto& event : events) {
    if (auto request = read_event(event)) {
      cases.push_back({.request = *std::move(request)});
      continue;
    }
    parts_.counters.dead.fetch_add(1, std::memory_order_relaxed);
    parts_.log.event(telemetry::LogLevel::kError, "issue_request_unreadable",
                     {{"id", event.id}, {"correlation", event.correlation}});
    parts_.bury({&event, 1});
  }
  return cases;
}

Result<void> Consumer::ask_gate(std::vector<Case>& cases, Context& context) {
  std::vector<Claim> claims;
  claims.reserve(cases.size());
  for (const auto& one : cases) claims.push_back(claim_of(one.request));
  auto decisions = parts_.gate->claim(claims, context);
  FirstError error;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto& one = cases[i];
    auto& decision = decisions[i];
    if (!decision || *decision == Decision::kClosed) {
      one.fate = Case::Fate::kError;
      if (decision) parts_.found_closed();
      error.add(decision ? fail(ErrorCode::kUnavailable, "the gate is closed")
                         : Unexpected(std::move(decision.error())));
    } else if (*decision == Decision::kGranted) {
      one.holds_grant = true;
    } else {
      one.fate = Case::Fate::kRefused;
      one.reason = *decision == Decision::kSoldOut ? RefusalCode::kCouponSoldOut
                                                   : RefusalCode::kCouponAlreadyIssued;
    }
  }
  return error.take();
}

Result<void> Consumer::issue(Case& one, Deadline deadline) {
  Phases phases;
  Context context{deadline, phases};
  const auto reply = parts_.pipeline.issue_coupon(
      {.user = one.request.user,
       .coupon = one.request.coupon,
       .tag = {.key = one.request.id, .correlation = one.request.correlation},
       .unless_refused = RequestBook::step_key(one.request.id)},
      context);
  one.fate = Case::Fate::kError;
  if (!reply) return Unexpected(reply.error());
  if (reply->value) {
    one.fate = Case::Fate::kIssued;
    if (!reply->replayed) parts_.counters.issued.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  // Another delivery of the same request is at work, here or elsewhere: what it did is known then.
  if (reply->refusal == RefusalCode::kRequestInProgress) {
    return fail(ErrorCode::kConflict, "request " + one.request.id + " is being worked on");
  }
  one.fate = Case::Fate::kRefused;
  one.reason = reply->refusal;
  return {};
}

Result<void> Consumer::note_refused(std::vector<Case>& cases, Context& context) {
  std::vector<Refused> refused;
  std::vector<Case*> noted;
  for (auto& one : cases) {
    if (one.fate != Case::Fate::kRefused) continue;
    refused.push_back({one.request, one.reason});
    noted.push_back(&one);
  }
  const auto statuses = parts_.book.refuse(refused, context);
  if (!statuses) return Unexpected(statuses.error());
  for (std::size_t i = 0; i < noted.size(); ++i) {
    // An earlier delivery was issued, and a gate that keeps no requests said "already".
    const bool issued = (*statuses)[i].state == IssueState::kIssued;
    if (issued) noted[i]->fate = Case::Fate::kIssued;
    if (!issued) parts_.counters.failed.fetch_add(1, std::memory_order_relaxed);
  }
  return {};
}

Result<void> Consumer::settle(const std::vector<Case>& cases, Deadline deadline) {
  std::vector<SettledClaim> issued;
  std::vector<SettledClaim> returned;
  for (const auto& one : cases) {
    if (!one.holds_grant || one.fate == Case::Fate::kError) continue;
    const bool is_issued = one.fate == Case::Fate::kIssued;
    (is_issued ? issued : returned)
        .push_back(
            {claim_of(one.request), is_issued ? Settlement::kIssued : Settlement::kReturned});
  }
  FirstError error;
  if (!issued.empty()) error.add(parts_.settler->settle(std::move(issued), deadline));
  // Somebody may be waiting for these.
  if (!returned.empty()) error.add(parts_.gate->settle(returned, deadline));
  return error.take();
}

}  // namespace stampede::issue
