#include "experiments/runner/claims.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace stampede::runner {

namespace {

using audit::Claim;

std::optional<Claim::Kind> kind_of(load::OperationKind kind) {
  switch (kind) {
    case load::OperationKind::kOrder:
      return Claim::Kind::kOrder;
    case load::OperationKind::kIssue:
      return Claim::Kind::kIssue;
    case load::OperationKind::kCharge:
      return Claim::Kind::kCharge;
    default:
      return std::nullopt;
  }
}

Claim::Standing standing_of(load::LedgerOutcome outcome) {
  switch (outcome) {
    case load::LedgerOutcome::kAcknowledged:
      return Claim::Standing::kAcknowledged;
    case load::LedgerOutcome::kRefused:
      return Claim::Standing::kRefused;
    case load::LedgerOutcome::kUnknown:
      return Claim::Standing::kUnknown;
  }
  return Claim::Standing::kUnknown;
}

Claim claim_of(const load::Ledger& ledger, const load::LedgerRecord& record, Claim::Kind kind) {
  Claim claim{.kind = kind,
              .standing = standing_of(record.outcome),
              .key = ledger.key(record),
              .user = record.user,
              .amount = record.amount,
              .code = std::string(ledger.code(record))};
  if (kind == Claim::Kind::kOrder) {
    for (const auto& item : ledger.items(record)) {
      claim.items.push_back({ProductId{item.product}, item.quantity});
    }
    if (claim.standing == Claim::Standing::kAcknowledged) claim.order = record.order;
  }
  if (value_of(record.coupon) != 0) claim.coupon = record.coupon;
  if (record.received_us >= 0) claim.received_us = record.received_us;
  return claim;
}

// What an answer to a replay says; nothing when it leaves the outcome open.
bool settle(Claim& claim, const environment::HttpAnswer& answer) {
  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  if (answer.status >= 200 && answer.status < 300) {
    claim.standing = Claim::Standing::kAcknowledged;
    claim.code.clear();
    if (claim.kind == Claim::Kind::kOrder && body.is_object()) {
      claim.order = parse_order_id(body.value("orderId", ""));
    }
    return true;
  }
  if (answer.status >= 500 || !body.is_object()) return false;
  const auto code = body.value("code", "");
  if (code == "REQUEST_IN_PROGRESS") return false;
  claim.standing = Claim::Standing::kRefused;
  claim.code = code;
  return true;
}

}  // namespace

std::vector<Claim> claims_of(const load::Ledger& ledger) {
  std::vector<Claim> claims;
  claims.reserve(ledger.size());
  ledger.for_each([&](const load::LedgerRecord& record) {
    if (const auto kind = kind_of(record.kind)) claims.push_back(claim_of(ledger, record, *kind));
  });
  return claims;
}

std::uint64_t failed_later(const load::Ledger& ledger, const audit::FinalState& final_state,
                           std::chrono::nanoseconds warmup, std::chrono::nanoseconds window) {
  std::unordered_set<OrderId> failed;
  for (const auto& order : final_state.orders) {
    if (order.status == Order::Status::kFailed) failed.insert(order.id);
  }
  std::unordered_set<std::string> requests;
  for (const auto& issue : final_state.failed_issues) requests.insert(issue.request);
  const auto has_failed = [&](const load::LedgerRecord& record) {
    if (record.kind == load::OperationKind::kOrder) return failed.contains(record.order);
    return record.kind == load::OperationKind::kIssue && !requests.empty() &&
           requests.contains(ledger.key(record));
  };
  std::uint64_t count = 0;
  ledger.for_each([&](const load::LedgerRecord& record) {
    if (record.outcome != load::LedgerOutcome::kAcknowledged) return;
    const auto sent = std::chrono::nanoseconds(record.sent_ns) - warmup;
    if (sent.count() >= 0 && sent < window && has_failed(record)) ++count;
  });
  return count;
}

Replays replay_unknown(const load::Ledger& ledger, const Answering& answering,
                       std::vector<Claim>& claims) {
  Replays replays;
  std::size_t at = 0;
  bool gone = false;
  ledger.for_each([&](const load::LedgerRecord& record) {
    if (!kind_of(record.kind)) return;
    auto& claim = claims[at++];
    if (gone || record.outcome != load::LedgerOutcome::kUnknown) return;
    const auto request = ledger.request(record);
    std::vector<std::string> headers;
    for (const auto& [name, value] : request.headers) {
      headers.push_back(fmt::format("{}: {}", name, value));
    }
    ++replays.sent;
    auto& server = answering(request.target);
    const auto answer = server.post(request.target, request.body, headers);
    if (!answer) {
      gone = !server.alive();
    } else if (settle(claim, *answer)) {
      claim.received_us.reset();  // The replay's receipt says nothing about the first one's.
      ++replays.resolved;
    }
  });
  return replays;
}

}  // namespace stampede::runner
