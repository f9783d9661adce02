// Units sold of each product, according to the orders that the server holds.

#pragma once

#include <cstdint>
#include <unordered_map>

#include "experiments/audit/final_state.hpp"

namespace stampede::audit {

inline std::unordered_map<std::int64_t, std::int64_t> sold_by_product(const FinalState& state) {
  std::unordered_map<std::int64_t, std::int64_t> sold;
  for (const auto& order : state.orders) {
    if (order.status != Order::Status::kCompleted) continue;
    for (const auto& item : order.items) sold[value_of(item.product)] += item.quantity;
  }
  return sold;
}

}  // namespace stampede::audit
