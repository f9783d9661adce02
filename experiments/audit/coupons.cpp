#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "experiments/audit/violations.hpp"

namespace stampede::audit {

namespace {

using Holding = std::pair<std::int64_t, std::int64_t>;  // Coupon and user.

std::map<Holding, std::int64_t> count_held(const FinalState& state) {
  std::map<Holding, std::int64_t> held;
  for (const auto& coupon : state.user_coupons) {
    ++held[{value_of(coupon.coupon), value_of(coupon.user)}];
  }
  return held;
}

void check_counters(const Books& books, Violations& violations) {
  std::map<std::int64_t, std::int64_t> rows;
  for (const auto& held : books.final.user_coupons) ++rows[value_of(held.coupon)];
  for (const auto& coupon : books.final.coupons) {
    const auto issued = rows[value_of(coupon.id)];
    if (issued > coupon.total) {
      violations.add(
          fmt::format("coupon {}: {} issued of {}", value_of(coupon.id), issued, coupon.total));
    }
    if (issued != coupon.issued) {
      violations.add(fmt::format("coupon {}: the counter says {} issued, {} users hold one",
                                 value_of(coupon.id), coupon.issued, issued));
    }
  }
}

void check_uses(const Books& books, const std::map<Holding, std::int64_t>& held,
                Violations& violations) {
  std::map<Holding, std::int64_t> used;
  for (const auto& order : books.final.orders) {
    if (order.status != Order::Status::kCompleted || !order.coupon) continue;
    ++used[{value_of(*order.coupon), value_of(order.user)}];
  }
  for (const auto& [holding, times] : used) {
    const auto found = held.find(holding);
    const auto owned = found == held.end() ? 0 : found->second;
    if (times <= owned) continue;
    violations.add(fmt::format("user {} used coupon {} in {} orders, but held {}", holding.second,
                               holding.first, times, owned));
  }
}

// What the claims are held against.
class Settlements {
 public:
  explicit Settlements(const FinalState& state) {
    for (const auto& coupon : state.coupons)
      left_[value_of(coupon.id)] = coupon.total - coupon.issued;
    for (const auto& held : state.user_coupons) {
      auto& request = requests_[{value_of(held.coupon), value_of(held.user)}];
      if (request.empty()) request = held.request_key;
    }
    for (const auto& failed : state.failed_issues) {
      failed_.insert(failed.request);
      failed_holdings_.insert({value_of(failed.coupon), value_of(failed.user)});
      // Whatever else it failed for, the gate had granted it, and could grant it again later.
      const bool granted = failed.reason != "SOLD_OUT" && failed.reason != "ALREADY_ISSUED";
      if (granted) returned_.insert(value_of(failed.coupon));
    }
  }

  // The request that the holding goes back to: "" when it is not known; null when there is none.
  const std::string* request_of(const Holding& holding) const {
    const auto found = requests_.find(holding);
    return found == requests_.end() ? nullptr : &found->second;
  }
  bool failed(const std::string& request) const { return failed_.contains(request); }
  bool failed(const Holding& holding) const { return failed_holdings_.contains(holding); }
  // Coupons that somebody was wrongly told are gone. Unknown after a return.
  std::int64_t left(std::int64_t coupon) const {
    const auto found = left_.find(coupon);
    return found == left_.end() || returned_.contains(coupon) ? 0 : found->second;
  }

 private:
  std::map<std::int64_t, std::int64_t> left_;
  std::map<Holding, std::string> requests_;
  std::unordered_set<std::string> failed_;
  std::set<Holding> failed_holdings_;
  std::set<std::int64_t> returned_;
};

void check_acknowledged(const Claim& claim, const Holding& holding, const Settlements& settlements,
                        Violations& violations) {
  if (settlements.failed(claim.key)) return;
  const auto* request = settlements.request_of(holding);
  if (request == nullptr) {
    violations.add(fmt::format("user {} was promised coupon {}, but holds none", holding.second,
                               holding.first));
  } else if (!request->empty() && *request != claim.key) {
    violations.add(
        fmt::format("request \"{}\" was accepted, but neither issued nor failed", claim.key));
  }
}

void check_refused(const Claim& claim, const Holding& holding, const Settlements& settlements,
                   Violations& violations) {
  if (claim.code == "SOLD_OUT" && settlements.left(holding.first) > 0) {
    violations.add(fmt::format("user {} was told coupon {} is sold out, but {} are left",
                               holding.second, holding.first, settlements.left(holding.first)));
  }
  if (claim.code == "ALREADY_ISSUED" && settlements.request_of(holding) == nullptr &&
      !settlements.failed(holding)) {
    violations.add(fmt::format("user {} was told that he has coupon {}, but holds none",
                               holding.second, holding.first));
  }
}

void check_claims(const Books& books, const Settlements& settlements, Violations& violations) {
  for (const auto& claim : books.claims) {
    if (claim.kind != Claim::Kind::kIssue || !claim.coupon) continue;
    const Holding holding{value_of(*claim.coupon), value_of(claim.user)};
    if (claim.standing == Claim::Standing::kAcknowledged) {
      check_acknowledged(claim, holding, settlements, violations);
    } else if (claim.standing == Claim::Standing::kRefused) {
      check_refused(claim, holding, settlements, violations);
    }
  }
}

// Requests that were accepted first and failed later: each by its own reason.
void check_failed(const Books& books, const Settlements& settlements, Violations& violations) {
  std::unordered_set<std::string_view> issued;
  for (const auto& held : books.final.user_coupons) issued.insert(held.request_key);
  for (const auto& failed : books.final.failed_issues) {
    if (issued.contains(failed.request)) {
      violations.add(fmt::format("request \"{}\" failed, and was issued", failed.request));
    }
    const auto coupon = value_of(failed.coupon);
    if (failed.reason == "SOLD_OUT" && settlements.left(coupon) > 0) {
      violations.add(fmt::format("request \"{}\" failed, coupon {} being sold out, but {} are left",
                                 failed.request, coupon, settlements.left(coupon)));
    }
  }
}

}  // namespace

Finding coupons(const Books& books) {
  Violations violations;
  const auto held = count_held(books.final);
  for (const auto& [holding, count] : held) {
    if (count > 1) {
      violations.add(
          fmt::format("user {} holds coupon {} {} times", holding.second, holding.first, count));
    }
  }
  check_counters(books, violations);
  check_uses(books, held, violations);
  const Settlements settlements(books.final);
  check_claims(books, settlements, violations);
  check_failed(books, settlements, violations);
  auto summary = fmt::format("{} held by users, of {} kinds", books.final.user_coupons.size(),
                             books.final.coupons.size());
  if (!books.final.failed_issues.empty()) {
    summary += fmt::format("; {} accepted requests failed", books.final.failed_issues.size());
  }
  return std::move(violations).finding("coupons", std::move(summary));
}

}  // namespace stampede::audit
