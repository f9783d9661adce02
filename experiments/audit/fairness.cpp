#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "experiments/audit/violations.hpp"

namespace stampede::audit {

namespace {

struct Want {
  std::int64_t received_us = 0;
  std::int64_t quantity = 0;
  bool granted = false;
};

// What a request competes for, when that is one thing: a product or a coupon.
using Prize = std::pair<Claim::Kind, std::int64_t>;

// The reasons of requests that were accepted and failed later.
using Failed = std::unordered_map<std::string_view, std::string_view>;

std::optional<std::pair<Prize, Want>> want_of(const Claim& claim, const Failed& failed) {
  const auto later = failed.find(claim.key);
  const bool granted = claim.standing == Claim::Standing::kAcknowledged && later == failed.end();
  const std::string_view code = later == failed.end() ? claim.code : later->second;
  const bool refused = (claim.standing == Claim::Standing::kRefused || later != failed.end()) &&
                       (code == "INSUFFICIENT_STOCK" || code == "SOLD_OUT");
  if ((!granted && !refused) || !claim.received_us) return std::nullopt;
  if (claim.kind == Claim::Kind::kOrder && claim.items.size() == 1) {
    const auto& item = claim.items.front();
    return {{{claim.kind, value_of(item.product)}, {*claim.received_us, item.quantity, granted}}};
  }
  if (claim.kind == Claim::Kind::kIssue && claim.coupon) {
    return {{{claim.kind, value_of(*claim.coupon)}, {*claim.received_us, 1, granted}}};
  }
  return std::nullopt;
}

// Grants that came after a refused request for no more than they got.
std::int64_t inversions(std::vector<Want>& wants) {
  std::ranges::sort(wants, {}, &Want::received_us);
  auto smallest_refused = std::numeric_limits<std::int64_t>::max();
  std::int64_t found = 0;
  for (const auto& want : wants) {
    if (!want.granted) {
      smallest_refused = std::min(smallest_refused, want.quantity);
    } else if (want.quantity >= smallest_refused) {
      ++found;
    }
  }
  return found;
}

}  // namespace

Finding fairness(const Books& books) {
  std::map<Prize, std::vector<Want>> prizes;
  std::int64_t granted = 0, refused = 0;
  Failed failed;
  for (const auto& issue : books.final.failed_issues) failed.emplace(issue.request, issue.reason);
  for (const auto& order : books.final.orders) {
    const bool is_failed = order.status == Order::Status::kFailed && !order.request_key.empty();
    if (is_failed) failed.emplace(order.request_key, order.failure);
  }
  for (const auto& claim : books.claims) {
    const auto want = want_of(claim, failed);
    if (!want) continue;
    prizes[want->first].push_back(want->second);
    ++(want->second.granted ? granted : refused);
  }
  Violations violations;
  std::int64_t total = 0;
  for (auto& [prize, wants] : prizes) {
    const auto found = inversions(wants);
    if (found == 0) continue;
    total += found;
    violations.add(fmt::format("{} {}: {} grants were received after a request that was refused",
                               prize.first == Claim::Kind::kOrder ? "product" : "coupon",
                               prize.second, found));
  }
  auto finding =
      std::move(violations)
          .finding("fairness", fmt::format("{} inversions among {} grants and {} refusals for lack",
                                           total, granted, refused));
  finding.informative = true;
  if (granted + refused == 0) {
    finding.verdict = Verdict::kUnknown;
    finding.summary = "no request for one scarce thing carries the time of its receipt";
  }
  return finding;
}

}  // namespace stampede::audit
