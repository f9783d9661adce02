#include "plugins/stores/postgres/reads.hpp"

#include <unordered_map>

namespace stampede::stores::postgres {

Result<std::vector<Order>> with_items(Connection& connection, Result<std::vector<Order>> orders) {
  if (!orders || orders->empty()) return orders;
  Array ids;
  std::unordered_map<OrderId, Order*> by_id;
  for (auto& order : *orders) {
    ids.add(order.id);
    by_id.emplace(order.id, &order);
  }
  auto added = each(connection.run(Query::kOrderItemsOfOrders, ids), [&](const auto& row) {
    by_id.at(order_id(row, 0))->items.push_back(to_order_item(row, 1));
  });
  if (!added) return Unexpected(std::move(added.error()));
  return orders;
}

Result<std::optional<Order>> order_by_id(Connection& connection, const OrderId& id) {
  auto found = first_of(connection.run(Query::kOrderById, id), to_order);
  if (!found) return found;
  auto& order = *found;
  if (!order) return found;
  auto added = each(connection.run(Query::kOrderItemsByOrder, id),
                    [&](const auto& row) { order->items.push_back(to_order_item(row, 0)); });
  if (!added) return Unexpected(std::move(added.error()));
  return found;
}

}  // namespace stampede::stores::postgres
