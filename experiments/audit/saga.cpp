#include <fmt/format.h>

#include <set>
#include <unordered_set>
#include <utility>

#include "experiments/audit/violations.hpp"

namespace stampede::audit {

// The coupon is the last thing that a saga comes to: where it agrees with the order, nothing that
// was told on the way was lost. That it is not used by two orders is another audit's question.
Finding saga(const Books& books) {
  std::set<std::pair<UserId, CouponId>> used;
  std::unordered_set<OrderId> users;
  for (const auto& held : books.final.user_coupons) {
    if (!held.used_by) continue;
    used.emplace(held.user, held.coupon);
    users.insert(*held.used_by);
  }
  Violations violations;
  for (const auto& order : books.final.orders) {
    const auto name = to_string(order.id);
    if (order.status == Order::Status::kPending) {
      violations.add(fmt::format("order {} is still pending", name));
    } else if (order.status == Order::Status::kFailed && users.contains(order.id)) {
      violations.add(fmt::format("order {} failed, but a coupon is marked as used by it", name));
    } else if (order.status == Order::Status::kCompleted && order.coupon &&
               !used.contains({order.user, *order.coupon})) {
      violations.add(fmt::format("order {} is completed, but coupon {} of user {} is not marked",
                                 name, value_of(*order.coupon), value_of(order.user)));
    }
  }
  return std::move(violations)
      .finding("saga", fmt::format("{} orders are final", books.final.orders.size()));
}

}  // namespace stampede::audit
