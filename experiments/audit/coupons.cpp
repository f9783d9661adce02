#include <fmt/format.h>

#include <map>
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

void check_claims(const Books& books, const std::map<Holding, std::int64_t>& held,
                  Violations& violations) {
  std::map<std::int64_t, std::int64_t> left;
  for (const auto& coupon : books.final.coupons) {
    left[value_of(coupon.id)] = coupon.total - coupon.issued;
  }
  for (const auto& claim : books.claims) {
    if (claim.kind != Claim::Kind::kIssue || !claim.coupon) continue;
    const Holding holding{value_of(*claim.coupon), value_of(claim.user)};
    if (claim.standing == Claim::Standing::kAcknowledged && !held.contains(holding)) {
      violations.add(fmt::format("user {} was promised coupon {}, but holds none", holding.second,
                                 holding.first));
    }
    if (claim.standing == Claim::Standing::kRefused && claim.code == "SOLD_OUT" &&
        left[holding.first] > 0) {
      violations.add(fmt::format("user {} was told coupon {} is sold out, but {} are left",
                                 holding.second, holding.first, left[holding.first]));
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
  check_claims(books, held, violations);
  auto summary = fmt::format("{} held by users, of {} kinds", books.final.user_coupons.size(),
                             books.final.coupons.size());
  return std::move(violations).finding("coupons", std::move(summary));
}

}  // namespace stampede::audit
