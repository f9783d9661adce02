#include <fmt/format.h>

#include "experiments/audit/violations.hpp"

namespace stampede::audit {

Finding saga(const Books& books) {
  Violations violations;
  for (const auto& order : books.final.orders) {
    if (order.status != Order::Status::kPending) continue;
    violations.add(fmt::format("order {} is still pending", to_string(order.id)));
  }
  return std::move(violations)
      .finding("saga", fmt::format("{} orders are final", books.final.orders.size()));
}

}  // namespace stampede::audit
